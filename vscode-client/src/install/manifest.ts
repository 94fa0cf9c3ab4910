/** What `bundle.json` says, checked: it decides what is written where, so nothing of it is believed. */

import { layout } from './zip.js';

export const FORMAT = 1;
export const MANIFEST = 'bundle.json';

export interface Pack {
  file: string;
  sha256: string;
  bytes: number;
  unpacked: number;
}

/** A file of a wheel: path, number of the pack, offset and bytes therein, CRC-32, permissions. */
export type PackedFile = [path: string, pack: number, offset: number, bytes: number, crc32: number, mode: number];

export interface Wheel {
  name: string;
  sha256: string;
  bytes: number;
  /** The Pythons that need it, as "3.12". */
  pythons: string[];
  files: PackedFile[];
}

export interface Manifest {
  format: typeof FORMAT;
  /** The platform as VS Code names it, as `linux-x64`. */
  target: string;
  pythons: string[];
  /** The text of a requirements file with the hashes of the wheels. */
  requirements: string;
  packs: Pack[];
  wheels: Wheel[];
  /** Wheels that stand beside the manifest as they are. */
  plain: { name: string; sha256: string; bytes: number }[];
}

export const MOST_MANIFEST_BYTES = 32 << 20;
const MOST_REQUIREMENTS = 1 << 20;
const MOST_PACK_BYTES = 2 ** 30;
const MOST_BYTES = 0xffff_fffe;
/** Of all wheels together. */
const MOST_TOTAL_BYTES = 2 ** 34;
const SHA256 = /^[0-9a-f]{64}$/;
const PACK_NAME = /^[a-z0-9][a-z0-9._-]{0,99}\.pack$/;
const WHEEL_NAME = /^[A-Za-z0-9][A-Za-z0-9_.+!]*(?:-[A-Za-z0-9_.+!]+){4,5}\.whl$/;
const TARGET = /^[a-z0-9]+-[a-z0-9]+$/;
const PYTHON = /^3\.\d{1,2}$/;

/** Returns the manifest that the text holds; throws an Error that says what is wrong with it. */
export function parse(text: string): Manifest {
  const json: unknown = JSON.parse(text);
  const { format, target, pythons, requirements, packs, wheels, plain } = record(json);
  if (format !== FORMAT) throw new Error(`its format is ${JSON.stringify(format)}, not ${FORMAT}`);
  const manifest: Manifest = {
    format,
    target: matching(target, TARGET),
    pythons: list(pythons, 20).map((python) => matching(python, PYTHON)),
    requirements: shortText(requirements, MOST_REQUIREMENTS),
    packs: list(packs, 100).map(asPack),
    wheels: list(wheels, 2000).map(asWheel),
    plain: list(plain, 10).map(asPlain),
  };
  const names = [...manifest.packs.map(({ file }) => file), ...[...manifest.wheels, ...manifest.plain].map(({ name }) => name)];
  // Folders of some systems do not tell large letters from small ones.
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) throw new Error('a name occurs twice');
  for (const wheel of manifest.wheels) check(wheel, manifest);
  const total = manifest.wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > MOST_TOTAL_BYTES) throw new Error('its wheels are too large');
  return manifest;
}

/** Returns the zip's layout of a wheel. */
export function zipOf({ files }: Pick<Wheel, 'files'>): ReturnType<typeof layout> {
  return layout(files.map(([path, , , bytes, crc32, mode]) => ({ path, bytes, crc32, mode })));
}

function check(wheel: Wheel, { packs, pythons }: Manifest): void {
  for (const [path, pack, offset, bytes] of wheel.files) {
    if (offset + bytes > (packs[pack]?.unpacked ?? -1)) throw new Error(`${path} is in no pack`);
  }
  if (wheel.pythons.some((python) => !pythons.includes(python))) throw new Error(`${wheel.name} is for another Python`);
  if (zipOf(wheel).bytes !== wheel.bytes) throw new Error(`${wheel.name} has another size than its files`);
}

function asPack(value: unknown): Pack {
  const { file, sha256, bytes, unpacked } = record(value);
  return {
    file: matching(file, PACK_NAME),
    sha256: matching(sha256, SHA256),
    bytes: whole(bytes, MOST_PACK_BYTES),
    unpacked: whole(unpacked, MOST_BYTES),
  };
}

function asPlain(value: unknown): Manifest['plain'][number] {
  const { name, sha256, bytes } = record(value);
  return { name: matching(name, WHEEL_NAME), sha256: matching(sha256, SHA256), bytes: whole(bytes, MOST_PACK_BYTES) };
}

function asWheel(value: unknown): Wheel {
  const { name, sha256, bytes, pythons, files } = record(value);
  return {
    name: matching(name, WHEEL_NAME),
    sha256: matching(sha256, SHA256),
    bytes: whole(bytes, MOST_BYTES),
    pythons: list(pythons, 20).map((python) => matching(python, PYTHON)),
    files: list(files, 50_000).map(asFile),
  };
}

function asFile(value: unknown): PackedFile {
  const [path, pack, offset, bytes, crc32, mode] = list(value, 6);
  return [
    plainPath(path),
    whole(pack, 100),
    whole(offset, MOST_BYTES),
    whole(bytes, MOST_BYTES),
    whole(crc32, 0xffff_ffff),
    whole(mode, 0o777),
  ];
}

function plainPath(value: unknown): string {
  const path = shortText(value, 1000);
  const plain = !/[\\:\x00-\x1f]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!plain) throw new Error(`${JSON.stringify(path)} is no path inside a wheel`);
  return path;
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('an object is missing');
  return value as Record<string, unknown>;
}

function list(value: unknown, most: number): unknown[] {
  if (!Array.isArray(value) || value.length > most) throw new Error('a list is missing, or too long');
  return value;
}

function matching(value: unknown, pattern: RegExp): string {
  const text = shortText(value, 255);
  if (!pattern.test(text)) throw new Error(`${JSON.stringify(text)} does not fit ${pattern.source}`);
  return text;
}

function shortText(value: unknown, most: number): string {
  if (typeof value !== 'string' || value.length > most) throw new Error('a text is missing, or too long');
  return value;
}

function whole(value: unknown, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
    throw new Error(`${JSON.stringify(value)} is no number from 0 to ${most}`);
  }
  return value;
}
