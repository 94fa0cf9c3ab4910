import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openPromise } from 'yauzl';

import { pack } from '../../scripts/pack/pack.js';
import { pythonsOf } from '../../scripts/pack/wheelhouse.js';
import { Bundle, BundleError } from '../../src/install/bundle.js';
import { parse, type Manifest } from '../../src/install/manifest.js';
import { layout } from '../../src/install/zip.js';
import { zipped } from './zipped.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, statfs: vi.fn(real.statfs) };
});

const PYTHONS = ['3.11', '3.12', '3.13'];
/** Longer than what is read, unpacked and written at a time. */
const LARGE = noise(1_200_000);
const SHARED = 'shared by all\n'.repeat(100);
const WHEELS: Record<string, Record<string, string | Buffer>> = {
  'large-1.0-cp310-abi3-manylinux_2_28_x86_64.whl': { 'large/lib.so': LARGE, 'large/again.so': LARGE, 'large/empty.py': '' },
  'pure-2.0-py3-none-any.whl': { 'pure/__init__.py': SHARED, 'pure-2.0.dist-info/METADATA': 'Name: pure\n' },
  ...Object.fromEntries(
    PYTHONS.map((python) => [
      `each-3.0-cp${python.replace('.', '')}-cp${python.replace('.', '')}-manylinux2014_x86_64.manylinux_2_17_x86_64.whl`,
      { 'each/shared.py': SHARED, 'each/lib.so': `code for ${python} `.repeat(5000), 'each/größe.py': 'é' },
    ]),
  ),
  'ownstack-0.1.0-py3-none-any.whl': { 'ownstack/__init__.py': 'pass\n' },
};
const LINUX = { version: [3, 12], platform: 'linux', machine: 'x86_64', libc: 'glibc 2.36' } as const;

let root: string;
let house: string;
let packed: string;
let folder: string;
let to: string;
let manifest: Manifest;
const never = new AbortController().signal;
const quiet = (): void => undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundle-'));
  house = join(root, 'house');
  packed = join(root, 'packed');
  await mkdir(house);
  const lines: string[] = [];
  for (const [name, files] of Object.entries(WHEELS)) {
    const wheel = zipped(files);
    await writeFile(join(house, name), wheel);
    const [distribution = '', version = ''] = name.split('-');
    lines.push(`${distribution}==${version} --hash=sha256:${sha256(wheel)}`);
  }
  await writeFile(join(house, 'requirements.txt'), `${lines.join('\n')}\n`);
  await writeFile(join(house, 'wheelhouse.json'), JSON.stringify({ target: 'linux-x64', pythons: PYTHONS }));
  manifest = await pack(house, packed, { quality: 5, window: 20, say: quiet });
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  const place = await mkdtemp(join(root, 'case-'));
  folder = join(place, 'bundled');
  to = join(place, 'wheels');
  await mkdir(folder);
  for (const name of await readdir(packed)) await writeFile(join(folder, name), await readFile(join(packed, name)));
});

async function bundle(): Promise<Bundle> {
  const found = await Bundle.read(folder);
  if (!found) throw new Error('There is no bundle.');
  return found;
}

async function change(edit: (manifest: Manifest) => void): Promise<void> {
  const changed = structuredClone(manifest);
  edit(changed);
  await writeFile(join(folder, 'bundle.json'), JSON.stringify(changed));
}

describe('packing', () => {
  it('keeps a content once, in the pack for the Pythons that need it', () => {
    const unpacked = manifest.packs.map(({ unpacked }) => unpacked).reduce((sum, bytes) => sum + bytes, 0);
    const each = PYTHONS.map((python) => `code for ${python} `.length * 5000).reduce((sum, bytes) => sum + bytes, 0);
    const meta = 'Name: pure\n'.length + 'é'.length + 1;
    expect(unpacked).toBe(LARGE.length + SHARED.length + each + meta);
    expect(manifest.packs.map(({ file }) => file)).toEqual([
      '00-py311.pack',
      '01-py311-312-313.pack',
      '02-py312.pack',
      '03-py313.pack',
    ]);
  });

  it('gives the same bytes each time', async () => {
    await pack(house, join(root, 'again'), { quality: 5, window: 20, say: quiet });
    for (const name of await readdir(packed)) {
      expect(sha256(await readFile(join(root, 'again', name)))).toBe(sha256(await readFile(join(packed, name))));
    }
  });

  it.each([
    ['a-1-py3-none-any.whl', ['3.10', '3.11', '3.12']],
    ['a-1-py2.py3-none-any.whl', ['3.10', '3.11', '3.12']],
    ['a-1-py3-none-manylinux_2_28_x86_64.whl', ['3.10', '3.11', '3.12']],
    ['a-1-1build-py3-none-any.whl', ['3.10', '3.11', '3.12']],
    ['a-1-cp39-abi3-win_amd64.whl', ['3.10', '3.11', '3.12']],
    ['a-1-cp311-abi3-win_amd64.whl', ['3.11', '3.12']],
    ['a-1-cp311-cp311-win_amd64.whl', ['3.11']],
    ['a-1-cp313-cp313t-win_amd64.whl', []],
    ['a-1-pp310-pypy310_pp73-win_amd64.whl', []],
  ])('tells by the name which Pythons %s is for', (name, pythons) => {
    expect(pythonsOf(name, ['3.10', '3.11', '3.12'])).toEqual(pythons);
  });

  it('refuses a wheel that the requirements do not name', async () => {
    await writeFile(join(root, 'house', 'more-1-py3-none-any.whl'), zipped({ 'more.py': '' }));
    const packing = pack(house, join(root, 'more'), { quality: 1, window: 20, say: quiet });
    await expect(packing).rejects.toThrow('requirements.txt lacks');
    await rm(join(house, 'more-1-py3-none-any.whl'));
  });

  it('names a wheel that is damaged', async () => {
    await writeFile(join(house, 'half-1-py3-none-any.whl'), 'PK');
    const packing = pack(house, join(root, 'half'), { quality: 1, window: 20, say: quiet });
    await expect(packing).rejects.toThrow('half-1-py3-none-any.whl cannot be read');
    await rm(join(house, 'half-1-py3-none-any.whl'));
  });

  it('removes no wheels but those of an earlier run', async () => {
    const before = await readdir(house);
    await expect(pack(house, house, { quality: 1, window: 20, say: quiet })).rejects.toThrow('not of an earlier run');
    expect(await readdir(house)).toEqual(before);
  });
});

describe('unpacking', () => {
  it('gives the wheels for that Python, as the requirements name them', async () => {
    const { requirements } = await (await bundle()).unpack(LINUX, to, quiet, never);
    const text = await readFile(requirements, 'utf8');
    const wheels = (await readdir(to)).filter((name) => name.endsWith('.whl'));
    expect(wheels.sort()).toEqual(Object.keys(WHEELS).filter((name) => !/cp31[13]/.test(name)).sort());
    for (const name of wheels) {
      const content = await readFile(join(to, name));
      expect(text).toContain(`--hash=sha256:${sha256(content)}`);
      expect(await unzipped(join(to, name))).toEqual(
        Object.fromEntries(Object.entries(WHEELS[name] ?? {}).map(([path, data]) => [path, sha256(data)])),
      );
    }
    expect(existsSync(`${to}.part`)).toBe(false);
  });

  it('says how far it is, to the end', async () => {
    const said: [number, number][] = [];
    await (await bundle()).unpack(LINUX, to, (done, all) => said.push([done, all]), never);
    const dones = said.map(([done]) => done);
    expect(dones).toEqual([...dones].sort((a, b) => a - b));
    expect(said.at(-1)?.[0]).toBe(said.at(-1)?.[1]);
    expect(new Set(said.map(([, all]) => all)).size).toBe(1);
    expect(said.length).toBeGreaterThan(5);
    expect(said.length).toBeLessThan(300);
  });

  it('replaces what a window that was killed has left', async () => {
    await mkdir(`${to}.part`);
    await writeFile(join(`${to}.part`, 'pure-2.0-py3-none-any.whl'), 'half');
    await mkdir(to);
    await writeFile(join(to, 'old.whl'), 'old');
    await (await bundle()).unpack(LINUX, to, quiet, never);
    expect(await readdir(to)).not.toContain('old.whl');
  });

  it('leaves nothing when it is stopped half-way', async () => {
    const stop = new AbortController();
    const unpacking = (await bundle()).unpack(LINUX, to, (done, all) => {
      if (done > all / 4) stop.abort();
    }, stop.signal);
    await expect(unpacking).rejects.toThrow(/abort/i);
    expect(existsSync(to) || existsSync(`${to}.part`)).toBe(false);
  });

  it.each<[string, (content: Buffer) => Buffer]>([
    ['has another byte', (content) => flipped(content, content.length >> 1)],
    ['has another first byte', (content) => flipped(content, 0)],
    ['lost its end', (content) => content.subarray(0, content.length - 10)],
    ['is empty', () => Buffer.alloc(0)],
    ['is longer', (content) => Buffer.concat([content, Buffer.from('more')])],
  ])('names the pack that %s, and leaves nothing', async (_what, damage) => {
    const file = '01-py311-312-313.pack';
    await writeFile(join(folder, file), damage(await readFile(join(folder, file))));
    const unpacking = (await bundle()).unpack(LINUX, to, quiet, never);
    await expect(unpacking).rejects.toThrow(new BundleError(`The extension's own file ${file} is damaged; install it again.`));
    expect(existsSync(to) || existsSync(`${to}.part`)).toBe(false);
  });

  it.each(['01-py311-312-313.pack', 'ownstack-0.1.0-py3-none-any.whl'])('names %s when it is gone', async (name) => {
    await rm(join(folder, name));
    await expect((await bundle()).unpack(LINUX, to, quiet, never)).rejects.toThrow(`file ${name} is damaged`);
  });

  it("does not take another server's wheel", async () => {
    await writeFile(join(folder, 'ownstack-0.1.0-py3-none-any.whl'), 'another');
    await expect((await bundle()).unpack(LINUX, to, quiet, never)).rejects.toThrow('ownstack-0.1.0');
  });

  it('needs only the packs for that Python', async () => {
    await rm(join(folder, '00-py311.pack'));
    await (await bundle()).unpack(LINUX, to, quiet, never);
    expect(existsSync(to)).toBe(true);
  });

  it('asks for the room that it and an environment need before it writes', async () => {
    const needed = (await bundle()).bytes(LINUX);
    vi.mocked(statfs).mockResolvedValueOnce({ bavail: 2 * needed - 1, bsize: 1 } as never);
    const unpacking = (await bundle()).unpack(LINUX, to, quiet, never);
    await expect(unpacking).rejects.toThrow('The disk is full: the installation takes about 5 MB. Make room, then try again.');
    expect(existsSync(to) || existsSync(`${to}.part`)).toBe(false);
  });
});

describe('a manifest', () => {
  it('is not there in the build for all platforms', async () => {
    await rm(join(folder, 'bundle.json'));
    expect(await Bundle.read(folder)).toBeNull();
  });

  it.each<[string, (manifest: Manifest) => void]>([
    ['of another format', (m) => Object.assign(m, { format: 2 })],
    ['whose pack lies elsewhere', (m) => Object.assign(m.packs[0] ?? {}, { file: '../00.pack' })],
    ['whose wheel lies elsewhere', (m) => Object.assign(m.wheels[0] ?? {}, { name: '../x-1-py3-none-any.whl' })],
    ['whose wheel is no wheel', (m) => Object.assign(m.wheels[0] ?? {}, { name: 'requirements.txt' })],
    ['with a name twice', (m) => m.wheels.push(...m.wheels.slice(0, 1))],
    ['whose file leaves the wheel', (m) => m.wheels[0]?.files.push(['../evil.py', 0, 0, 1, 0, 0o644])],
    ['whose file has a root', (m) => m.wheels[0]?.files.push(['/evil.py', 0, 0, 1, 0, 0o644])],
    ['whose file has a drive', (m) => m.wheels[0]?.files.push(['C:evil.py', 0, 0, 1, 0, 0o644])],
    ['whose file is beyond its pack', (m) => m.wheels[0]?.files.push(['x.py', 0, 2 ** 31, 1, 0, 0o644])],
    ['whose file is in no pack', (m) => m.wheels[0]?.files.push(['x.py', 99, 0, 0, 0, 0o644])],
    ['with a negative size', (m) => m.wheels[0]?.files.push(['x.py', 0, 5, -5, 0, 0o644])],
    ['whose wheel has another size', (m) => Object.assign(m.wheels[0] ?? {}, { bytes: 2 ** 31 })],
    ['for a Python that it does not name', (m) => m.wheels[0]?.pythons.push('3.9')],
    ['with a pack that is too large', (m) => Object.assign(m.packs[0] ?? {}, { bytes: 2 ** 40 })],
    ['without requirements', (m) => Object.assign(m, { requirements: null })],
    ['without wheels', (m) => Object.assign(m, { wheels: {} })],
  ])('%s is refused', async (_what, edit) => {
    await change(edit);
    await expect(Bundle.read(folder)).rejects.toThrow("The extension's own file bundle.json is damaged; install it again.");
  });

  it.each(['', '{', 'null', '[]', '"text"'])('that reads %j is refused', async (text) => {
    await writeFile(join(folder, 'bundle.json'), text);
    await expect(Bundle.read(folder)).rejects.toThrow(BundleError);
  });

  it('whose wheels come out otherwise is found out', async () => {
    await change((m) => {
      const file = m.wheels.find(({ name }) => name.startsWith('pure'))?.files[0];
      if (file) file[4] = 0;
    });
    await expect((await bundle()).unpack(LINUX, to, quiet, never)).rejects.toThrow('file bundle.json is damaged');
    expect(existsSync(to)).toBe(false);
  });

  it('is read as it was written', () => {
    expect(parse(JSON.stringify(manifest))).toEqual(manifest);
  });
});

describe('a Python', () => {
  it.each<[string, Partial<Parameters<Bundle['fits']>[0]>, string]>([
    ['fits', {}, ''],
    ['with just the glibc that is needed fits', { libc: 'glibc 2.28' }, ''],
    ['is for another system', { platform: 'darwin', machine: 'arm64' }, 'Linux x64 needs, and Python says that this is macOS arm64'],
    ['is for another machine', { machine: 'aarch64' }, 'Linux x64 needs, and Python says that this is Linux arm64'],
    ['is for a rare machine', { machine: 'riscv64' }, 'this is Linux riscv64'],
    ['is too new', { version: [3, 15] }, 'carries what Python 3.11, 3.12 or 3.13 needs, not Python 3.15'],
    ['has an older glibc', { libc: 'glibc 2.17' }, 'glibc 2.28 or newer needs; this Linux has 2.17'],
    ['has an older glibc of fewer digits', { libc: 'glibc 2.5' }, 'this Linux has 2.5'],
    ['has musl', { libc: 'musl 1.2.5' }, 'Linux with glibc 2.28 or newer needs; this one has musl'],
    ['has neither', { libc: '' }, 'this one has another C library'],
  ])('%s', async (_what, python, reason) => {
    const said = (await bundle()).fits({ ...LINUX, ...python });
    if (reason) expect(said).toContain(reason);
    else expect(said).toBe('');
  });

  it('on Windows and macOS names its machine in its own way', async () => {
    await change((m) => Object.assign(m, { target: 'win32-x64' }));
    expect((await bundle()).fits({ version: [3, 12], platform: 'win32', machine: 'AMD64', libc: '' })).toBe('');
    await change((m) => Object.assign(m, { target: 'darwin-arm64' }));
    expect((await bundle()).fits({ version: [3, 12], platform: 'darwin', machine: 'arm64', libc: '' })).toBe('');
  });
});

it('a zip that needs 64 bits is refused', () => {
  const huge = { path: 'a', bytes: 0xffff_ffff, crc32: 0, mode: 0o644 };
  expect(() => layout([huge])).toThrow(RangeError);
  expect(() => layout(Array.from({ length: 70_000 }, (_, nth) => ({ ...huge, bytes: 0, path: String(nth) })))).toThrow(RangeError);
});

/** Returns the SHA-256 of each file of a zip. */
async function unzipped(path: string): Promise<Record<string, string>> {
  const zip = await openPromise(path, { autoClose: false });
  const found: Record<string, string> = {};
  for await (const entry of zip.eachEntry()) found[entry.fileName] = sha256(await buffer(await zip.openReadStreamPromise(entry)));
  zip.close();
  return found;
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function flipped(content: Buffer, at: number): Buffer {
  const changed = Buffer.from(content);
  changed[at] = (changed[at] ?? 0) ^ 0xff;
  return changed;
}

/** Bytes that do not compress, the same each time. */
function noise(bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let nth = 0; nth * 64 < bytes; nth += 1) parts.push(createHash('sha512').update(String(nth)).digest());
  return Buffer.concat(parts).subarray(0, bytes);
}
