/** Small compressed zips for tests, as wheels come. */

import { zipSync, type ZippableFile } from 'fflate';

export function zipped(files: Record<string, string | Buffer>): Buffer {
  const entries = Object.entries(files).map(([path, data]): [string, ZippableFile] => [
    path,
    [Buffer.from(data), { mtime: '2020-02-02', os: 3, attrs: 0o100644 << 16 }],
  ]);
  return Buffer.from(zipSync(Object.fromEntries(entries)));
}
