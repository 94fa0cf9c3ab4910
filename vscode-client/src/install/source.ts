/** What the extension carries to make an environment from. */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { EnvironmentError } from './failures.js';

export interface Source {
  /** Name of the server's wheel. */
  wheel: string;
  /** Hash of the wheel. */
  wheelHash: string;
  /** Hash of all that is carried. */
  hash: string;
}

/** Reads the folder of what is carried. Rejects if there is no server in it. */
export async function readSource(bundled: string): Promise<Source> {
  const wheel = (await readdir(bundled).catch(() => [])).find((name) => name.endsWith('.whl'));
  if (!wheel) {
    throw new EnvironmentError(
      'This build of the extension carries no server. Name a Python that has ownstack installed in the setting ownstack.python.interpreter.',
    );
  }
  const wheelHash = sha256(await readFile(join(bundled, wheel)));
  const packages = await readFile(join(bundled, 'bundle.json'), 'utf8').catch(() => '');
  return { wheel, wheelHash, hash: packages ? sha256(`${wheelHash} ${packages}`) : wheelHash };
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
