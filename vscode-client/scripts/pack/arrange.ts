/** Which contents go into which pack, and in what order: each once, similar ones beside each other. */

import type { SourceFile, SourceWheel } from './wheelhouse.js';

export interface Content {
  file: SourceFile;
  pythons: string[];
}

export interface Arrangement {
  /** The contents of each pack. */
  packs: Content[][];
  /** Where a content stands, by its SHA-256. */
  places: Map<string, { pack: number; offset: number }>;
}

/** Arranges the contents of all wheels; a pack is for one set of Pythons. */
export function arrange(wheels: readonly SourceWheel[]): Arrangement {
  const contents = new Map<string, Content>();
  for (const { files, pythons } of wheels) {
    for (const file of files) {
      const content = contents.get(file.sha256) ?? { file, pythons: [] };
      content.pythons = [...new Set([...content.pythons, ...pythons])].sort(byVersion);
      contents.set(file.sha256, content);
    }
  }
  const sets = new Map<string, Content[]>();
  for (const content of contents.values()) {
    const key = content.pythons.join(' ');
    sets.set(key, [...(sets.get(key) ?? []), content]);
  }
  const packs = [...sets.keys()].sort().map((key) => (sets.get(key) ?? []).sort(bySimilarity));
  const places: Arrangement['places'] = new Map();
  packs.forEach((pack, number) => {
    let offset = 0;
    for (const { file } of pack) {
      places.set(file.sha256, { pack: number, offset });
      offset += file.bytes;
    }
  });
  return { packs, places };
}

const BINARY = new Set(['so', 'dylib', 'dll', 'pyd', 'exe', 'metal', 'gguf']);

/** Texts before programs, one kind after the other; then by the name without the Python that it is for. */
function bySimilarity(a: Content, b: Content): number {
  return compare(key(a.file), key(b.file));
}

function key({ path, sha256 }: SourceFile): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const kind = /\.so(\.\d+)*$/.test(name) ? 'so' : name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return [BINARY.has(kind) ? 'b' : 'a', kind, name.split('.')[0] ?? '', path, sha256];
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [nth, left] of a.entries()) {
    const right = b[nth] ?? '';
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function byVersion(a: string, b: string): number {
  return Number(a.split('.')[1]) - Number(b.split('.')[1]);
}
