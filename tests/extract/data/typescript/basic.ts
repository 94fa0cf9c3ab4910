import React, { useState as us, type FC } from 'react';
import * as path from "path";
import './side';
export { a as b } from './other';
export * from './all';
/** Greets.
 * Second line.
 *
 * @param x foo */
export function greet<T extends Foo>(name: string, n?: number): Promise<T> { const loc = name; return call(loc, other.member.deep()); }
export default class Store<T> extends Base implements IStore {
  private x: number = 1;
  static readonly MAX = 10;
  handler = async (e: Event) => { this.x = e.y; };
  constructor(private readonly a: A) { super(); }
  @dec() get value(): T { return this._v; }
  abstract foo(): void;
}
export const add = (a: number, b = 2) => a + b;
const { z, w } = require('./zz'), q = require("q");
interface Opt { a: string; m(x: number): void }
enum Color { Red, Green = "g" }
type U = A | B<C>;
namespace NS.Sub { export function inner() {} }
declare module "foo" { export function bar(): void; }
function over(a: string): void;
function over(a: number): void;
function over(a: any) {}
export const table = { run() { return 1 }, go: function (x) { return x } };
Foo.prototype.bar = function (q) { return q.r };
const LIMIT = 5, OTHER = 6;
