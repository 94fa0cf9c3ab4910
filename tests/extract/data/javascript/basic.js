import def, { named as other } from "./lib.js";
const fs = require("fs");
const { join } = require('path');

/**
 * Makes a shop.
 * @param {string} name
 */
export default function makeShop(name, { size = 1, ...rest }, ...more) {
  const local = size + fs.readFileSync(name).length;
  function inner() { return local; }
  return new Shop(other(local), inner);
}

class Shop extends lib.Base {
  static #secret = 1;
  size = 2;
  onClick = (event) => { this.handle(event); };
  constructor(name) { super(name); this.name = name; }
  get total() { return this.#secret; }
  async *items() { yield* join(this.name); }
}

export const arrow = async (x) => x * LIMIT, größe = 3;
var LIMIT = 5;
let table = { run() { return arrow(1); }, key: function (q) { return q.member; }, plain: 1 };
module.exports.helper = function (a) { return <Widget size={a}>{arrow}</Widget>; };
Shop.prototype.late = () => { makeShop(); };
function* gen() {}
