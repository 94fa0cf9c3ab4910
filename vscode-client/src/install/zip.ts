/**
 * The uncompressed zip that a wheel is rebuilt as: where each byte of it stands, known beforehand.
 *
 * Libraries that write zips take contents one after the other; here they come in the order in which
 * they compress best, and are written to where they belong. Layout: PKWARE's APPNOTE.TXT 6.3.10,
 * 4.3. The same files give the same bytes: times are 1 January 1980, the earliest that a zip knows.
 */

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const VERSION = 20;
const MADE_ON_UNIX = (3 << 8) | VERSION;
const NAMES_ARE_UTF8 = 1 << 11;
const FIRST_OF_JANUARY_1980 = (1 << 5) | 1;
const REGULAR_FILE = 0o100000;
/** Zip without its 64 bit extension ends here. */
const LARGEST_BYTES = 0xffff_fffe;
const MOST_FILES = 0xfffe;

export interface StoredFile {
  path: string;
  bytes: number;
  crc32: number;
  /** Permissions, as in `0o644`. */
  mode: number;
}

export interface Layout {
  bytes: number;
  /** Where the content of each file starts, in the order of the files. */
  contents: number[];
  /** All that is not content, by position. */
  heads: { at: number; data: Buffer }[];
}

/** Lays out the zip; throws a RangeError where zip's 32 bit form does not suffice. */
export function layout(files: readonly StoredFile[]): Layout {
  if (files.length > MOST_FILES) throw new RangeError(`${files.length} files are too many for a zip.`);
  const contents: number[] = [];
  const heads: Layout['heads'] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    const name = Buffer.from(file.path, 'utf8');
    heads.push({ at, data: Buffer.concat([localHead(file, name), name]) });
    central.push(centralHead(file, name, at), name);
    const start = at + LOCAL_BYTES + name.length;
    contents.push(start);
    at = start + file.bytes;
  }
  const directory = Buffer.concat(central);
  const bytes = at + directory.length + END_BYTES;
  if (bytes > LARGEST_BYTES) throw new RangeError(`${bytes} bytes are too many for a zip.`);
  heads.push({ at, data: Buffer.concat([directory, end(files.length, directory.length, at)]) });
  return { bytes, contents, heads };
}

function localHead({ bytes, crc32 }: StoredFile, name: Buffer): Buffer {
  const head = Buffer.alloc(LOCAL_BYTES);
  head.writeUInt32LE(0x04034b50, 0);
  common(head, 4, bytes, crc32, name);
  return head;
}

function centralHead({ bytes, crc32, mode }: StoredFile, name: Buffer, at: number): Buffer {
  const head = Buffer.alloc(CENTRAL_BYTES);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(MADE_ON_UNIX, 4);
  common(head, 6, bytes, crc32, name);
  head.writeUInt32LE(((REGULAR_FILE | mode) << 16) >>> 0, 38);
  head.writeUInt32LE(at, 42);
  return head;
}

/** Writes the 26 bytes that both heads of a file share; the method stays 0, "stored". */
function common(head: Buffer, from: number, bytes: number, crc32: number, name: Buffer): void {
  head.writeUInt16LE(VERSION, from);
  head.writeUInt16LE(NAMES_ARE_UTF8, from + 2);
  head.writeUInt16LE(FIRST_OF_JANUARY_1980, from + 8);
  head.writeUInt32LE(crc32, from + 10);
  head.writeUInt32LE(bytes, from + 14);
  head.writeUInt32LE(bytes, from + 18);
  head.writeUInt16LE(name.length, from + 22);
}

function end(count: number, directoryBytes: number, directoryAt: number): Buffer {
  const record = Buffer.alloc(END_BYTES);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(directoryBytes, 12);
  record.writeUInt32LE(directoryAt, 16);
  return record;
}
