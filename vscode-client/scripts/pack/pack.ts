/** Packs a wheelhouse: packs of contents, each once, and the manifest of how wheels are made of them. */

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliCompress } from 'node:zlib';

import { FORMAT, MANIFEST, parse, zipOf, type Manifest, type Pack, type PackedFile, type Wheel } from '../../src/install/manifest.js';
import { arrange, type Arrangement, type Content } from './arrange.js';
import { openWheelhouse, type SourceWheel } from './wheelhouse.js';

export interface Options {
  /** Of brotli: 0 to 11. */
  quality: number;
  /** Base-2 logarithm of how far back brotli looks; unpacking takes that much memory. */
  window: number;
  say: (line: string) => void;
}

/** Makes `to` (what earlier packing and carrying left there is removed) of the wheelhouse `from`, another folder. */
export async function pack(from: string, to: string, options: Options): Promise<Manifest> {
  const { target, pythons, requirements, wheels } = await openWheelhouse(from);
  try {
    await clear(to);
    const carried = wheels.filter(({ name }) => !isOwn(name));
    const arrangement = arrange(carried);
    const packs = await writePacks(arrangement, to, options);
    const rebuilt: Wheel[] = [];
    for (const wheel of carried) rebuilt.push(await rebuild(wheel, arrangement));
    const hashes = new Map(carried.map(({ sha256 }, nth) => [sha256, rebuilt[nth]?.sha256 ?? '']));
    const plain = wheels.filter(({ name }) => isOwn(name));
    for (const { name, sha256 } of plain) {
      hashes.set(sha256, sha256);
      await copyFile(join(from, name), join(to, name));
    }
    const manifest: Manifest = {
      format: FORMAT,
      target,
      pythons,
      requirements: withHashes(requirements, hashes),
      packs,
      wheels: rebuilt,
      plain: plain.map(({ name, sha256, bytes }) => ({ name, sha256, bytes })),
    };
    const text = JSON.stringify(manifest);
    parse(text); // What the extension would refuse is not packed.
    await writeFile(join(to, MANIFEST), text);
    return manifest;
  } finally {
    for (const wheel of wheels) wheel.close();
  }
}

/** Tells whether it is the server's own wheel, which is carried as it is. */
function isOwn(name: string): boolean {
  return name.startsWith('ownstack-');
}

/** Removes what an earlier run has left. Throws an Error if there are wheels that none leaves, as in a wheelhouse. */
async function clear(to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const names = await readdir(to);
  const other = names.find((name) => name.endsWith('.whl') && !isOwn(name));
  if (other) throw new Error(`${to} holds ${other}, which is not of an earlier run: name another folder with --to.`);
  const old = names.filter((name) => /^\d\d-py[\d-]*\.pack$/.test(name) || name.endsWith('.whl') || name === MANIFEST);
  await Promise.all(old.map((name) => rm(join(to, name))));
}

async function writePacks({ packs }: Arrangement, to: string, options: Options): Promise<Pack[]> {
  const done: Pack[] = [];
  // The largest first, so that no core waits for one at the end.
  const queue = packs.map((contents, number) => ({ contents, number })).sort((a, b) => size(b.contents) - size(a.contents));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      done[next.number] = await writePack(next.contents, to, next.number, options);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return done;
}

async function writePack(contents: Content[], to: string, number: number, options: Options): Promise<Pack> {
  const { quality, window, say } = options;
  const pythons = contents[0]?.pythons ?? [];
  const file = `${String(number).padStart(2, '0')}-${names(pythons)}.pack`;
  const unpacked = size(contents);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
    [constants.BROTLI_PARAM_LGWIN]: Math.min(window, Math.max(10, Math.ceil(Math.log2(unpacked + 16)))),
    [constants.BROTLI_PARAM_SIZE_HINT]: Math.min(unpacked, 2 ** 30),
  };
  const hash = createHash('sha256');
  let bytes = 0;
  const started = performance.now();
  await pipeline(
    Readable.from(inOrder(contents)),
    createBrotliCompress({ params, chunkSize: 1 << 20 }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(join(to, file)),
  );
  const seconds = Math.round((performance.now() - started) / 1000);
  say(`${file}: ${megabytes(unpacked)} of ${contents.length} files in ${megabytes(bytes)} (${seconds} s)`);
  return { file, sha256: hash.digest('hex'), bytes, unpacked };
}

async function* inOrder(contents: readonly Content[]): AsyncGenerator<Buffer> {
  for (const { file } of contents) if (file.bytes > 0) yield await file.read();
}

/** Returns the wheel as it is rebuilt, with the hash of that. */
async function rebuild(wheel: SourceWheel, { places }: Arrangement): Promise<Wheel> {
  const { name, pythons } = wheel;
  const files = wheel.files.map(({ path, sha256, bytes, crc32, mode }): PackedFile => {
    const { pack, offset } = places.get(sha256) ?? { pack: 0, offset: 0 };
    return [path, pack, offset, bytes, crc32, mode];
  });
  const { bytes, heads } = zipOf({ files });
  const hash = createHash('sha256');
  // A head stands before each content, and the directory after the last.
  for (const [nth, { data }] of heads.entries()) {
    hash.update(data);
    const file = wheel.files[nth];
    if (file) hash.update(await file.read());
  }
  return { name, sha256: hash.digest('hex'), bytes, pythons, files };
}

/** Puts the hashes of the rebuilt wheels where those of the wheelhouse's stand. */
export function withHashes(requirements: string, hashes: ReadonlyMap<string, string>): string {
  const unused = new Set(hashes.keys());
  const text = requirements.replace(/--hash=sha256:([0-9a-f]{64})/g, (_whole, old: string) => {
    const found = hashes.get(old);
    if (!found) throw new Error(`requirements.txt asks for a wheel that is not there (SHA-256 ${old}).`);
    unused.delete(old);
    return `--hash=sha256:${found}`;
  });
  if (unused.size > 0) throw new Error(`requirements.txt lacks the wheels with SHA-256 ${[...unused].join(', ')}.`);
  return text;
}

function size(contents: readonly Content[]): number {
  return contents.reduce((sum, { file }) => sum + file.bytes, 0);
}

/** Returns "py310-311-312". */
function names(pythons: readonly string[]): string {
  return `py${pythons.map((python) => python.replace('.', '')).join('-')}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
