/** Whether programs and libraries may run from a folder: some homes are mounted so that they may not. */

import { run } from '../process.js';
import { failure } from './failures.js';
import type { Interpreter } from './python.js';

const LOOK_MS = 20_000;
/** Only Linux tells. Elsewhere, and where a policy forbids it, the check of what was installed does. */
const QUESTION = `
import os, sys
if os.statvfs(sys.argv[1]).f_flag & getattr(os, "ST_NOEXEC", 0):
    print("noexec")
`;

/** Rejects, in words that say what to do, before minutes are spent on what would not run. */
export async function refuseNoexec(folder: string, base: Interpreter): Promise<void> {
  const { stdout } = await run(base.path, ['-I', '-c', QUESTION, folder], { timeoutMs: LOOK_MS });
  if (stdout.trim() === 'noexec') throw failure(`mounted noexec: ${folder}`, 'linux');
}
