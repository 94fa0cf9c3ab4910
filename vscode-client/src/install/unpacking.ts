/** Unpacks packs into wheels: each content is read once, and written to wherever wheels have it. */

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliDecompress } from 'node:zlib';

import { MANIFEST, zipOf, type Manifest, type Pack, type Wheel } from './manifest.js';

const CHUNK_BYTES = 1 << 18;

/** A file of the extension is not what it was when it was packed. */
export class Damaged extends Error {
  constructor(
    readonly file: string,
    why: unknown,
  ) {
    super(`${file} is damaged`, { cause: why });
  }
}

/** A stretch of a pack and the places where it goes. */
interface Content {
  offset: number;
  bytes: number;
  places: { file: FileHandle; at: number }[];
}

/** Counts what is done of all that is to do; reports it some two hundred times. */
class Work {
  private done = 0;
  private reported = 0;

  constructor(
    private readonly all: number,
    private readonly report: (done: number, all: number) => void,
  ) {}

  add(bytes: number): void {
    this.done += bytes;
    if (this.done < this.all && this.done - this.reported < this.all / 200) return;
    this.reported = this.done;
    this.report(this.done, this.all);
  }
}

/** Writes the wheels for one Python into a folder that is there, and verifies them. */
export async function unpackInto(
  to: string,
  from: string,
  manifest: Manifest,
  python: string,
  report: (done: number, all: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const wheels = manifest.wheels.filter(({ pythons }) => pythons.includes(python));
  const needed = new Set(wheels.flatMap(({ files }) => files.map(([, pack]) => pack)));
  const packs = manifest.packs.map((pack, number) => ({ pack, number })).filter(({ number }) => needed.has(number));
  // Each byte is unpacked once, and each byte of a wheel is read again to verify it.
  const all = packs.reduce((sum, { pack }) => sum + pack.unpacked, 0) + wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const work = new Work(all, report);
  for (const { name, sha256 } of manifest.plain) {
    await copyFile(join(from, name), join(to, name)).catch((error: unknown) => {
      throw absent(error) ? new Damaged(name, error) : error;
    });
    if ((await sha256Of(join(to, name), signal)) !== sha256) throw new Damaged(name, 'another SHA-256');
  }
  const begun: OpenWheel[] = [];
  try {
    for (const wheel of wheels) begun.push(await begin(to, wheel));
    for (const { number, pack } of packs) {
      await unpack(join(from, pack.file), pack, contentsOf(number, begun), work, signal);
    }
  } finally {
    await Promise.all(begun.map(({ file }) => file.close()));
  }
  for (const { name, sha256 } of wheels) {
    const found = await sha256Of(join(to, name), signal, work);
    // The packs are as they were packed: what says how wheels are made of them is not.
    if (found !== sha256) throw new Damaged(MANIFEST, `${name} has another SHA-256`);
  }
}

interface OpenWheel {
  file: FileHandle;
  /** Where each of its contents comes from and goes to. */
  contents: { pack: number; offset: number; bytes: number; at: number }[];
}

/** Makes the wheel's file, with all of it but the contents. */
async function begin(to: string, wheel: Wheel): Promise<OpenWheel> {
  const { contents: starts, heads } = zipOf(wheel);
  const file = await open(join(to, wheel.name), 'wx');
  try {
    for (const { at, data } of heads) await writeAll(file, data, at);
  } catch (error) {
    await file.close();
    throw error;
  }
  const contents = wheel.files.map(([, pack, offset, bytes], nth) => ({ pack, offset, bytes, at: starts[nth] ?? 0 }));
  return { file, contents };
}

/** Returns what wheels need of a pack, by offset. */
function contentsOf(number: number, wheels: readonly OpenWheel[]): Content[] {
  const found = new Map<string, Content>();
  for (const { file, contents } of wheels) {
    for (const { pack, offset, bytes, at } of contents) {
      if (pack !== number || bytes === 0) continue;
      const key = `${offset} ${bytes}`;
      const content = found.get(key) ?? { offset, bytes, places: [] };
      content.places.push({ file, at });
      found.set(key, content);
    }
  }
  return [...found.values()].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
}

async function unpack(path: string, pack: Pack, contents: Content[], work: Work, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  const params = { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 };
  let offset = 0;
  try {
    const size = (await stat(path)).size;
    if (size !== pack.bytes) throw new Damaged(pack.file, `${size} bytes instead of ${pack.bytes}`);
    await pipeline(
      createReadStream(path, { highWaterMark: CHUNK_BYTES }),
      hashing(hash),
      createBrotliDecompress({ chunkSize: CHUNK_BYTES, params }),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          if (offset + chunk.length > pack.unpacked) throw new Damaged(pack.file, 'more than it should hold');
          await distribute(chunk, offset, contents);
          offset += chunk.length;
          work.add(chunk.length);
        }
      },
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw absent(error) || broken(error) ? new Damaged(pack.file, error) : error;
  }
  if (offset !== pack.unpacked) throw new Damaged(pack.file, 'less than it should hold');
  if (hash.digest('hex') !== pack.sha256) throw new Damaged(pack.file, 'another SHA-256');
}

/** Writes what a chunk holds of each content; removes from the head of `contents` what is past. */
async function distribute(chunk: Buffer, from: number, contents: Content[]): Promise<void> {
  const to = from + chunk.length;
  let past = 0;
  for (const { offset, bytes, places } of contents) {
    if (offset >= to) break;
    const first = Math.max(offset, from);
    const last = Math.min(offset + bytes, to);
    if (last > first) {
      const data = chunk.subarray(first - from, last - from);
      await Promise.all(places.map(({ file, at }) => writeAll(file, data, at + first - offset)));
    }
    if (offset + bytes <= to) past += 1;
  }
  // Contents that overlap, as no packing makes them, cost time only: what is not past stays.
  if (past > 0) contents.splice(0, contents.length, ...contents.filter(({ offset, bytes }) => offset + bytes > to));
}

async function writeAll(file: FileHandle, data: Buffer, at: number): Promise<void> {
  let written = 0;
  while (written < data.length) {
    written += (await file.write(data, written, data.length - written, at + written)).bytesWritten;
  }
}

function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

async function sha256Of(path: string, signal: AbortSignal, work?: Work): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    work?.add(chunk.length);
  }
  return hash.digest('hex');
}

function absent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Tells whether it is no brotli, or its end is missing. */
function broken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code === 'Z_BUF_ERROR' || (/^ERR_(_|BROTLI_|PADDING_|TRAILING_)/.test(code) && !code.includes('ALLOC'));
}
