import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Uri } from 'vscode';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Proposals } from '../../src/chat/proposals.js';

interface File {
  scheme: string;
  fsPath: string;
}

const editor = vi.hoisted(() => ({ root: '', shown: [] as unknown[] }));
vi.mock('vscode', () => {
  const uri = (fsPath: string): unknown => ({ scheme: 'file', fsPath, path: fsPath, with: () => uri(fsPath), toString: () => fsPath });
  const within = ({ fsPath }: File): string => relative(editor.root, fsPath);
  return {
    Uri: { joinPath: ({ fsPath }: File, path: string) => uri(join(fsPath, path)) },
    FileSystemError: Error,
    commands: { executeCommand: (...given: unknown[]) => Promise.resolve(void editor.shown.push(given)) },
    window: {},
    workspace: {
      registerTextDocumentContentProvider: () => ({ dispose: () => undefined }),
      getWorkspaceFolder: (file: File) => (within(file).startsWith('..') ? undefined : { uri: uri(editor.root) }),
      asRelativePath: within,
      fs: {
        isWritableFileSystem: () => true,
        stat: () => Promise.reject(Object.assign(new Error(), { code: 'FileNotFound' })),
      },
    },
  };
});
vi.mock('../../src/chat/editorState.js', () => ({ inFront: () => undefined }));

const proposals = new Proposals(() => Promise.resolve());
const show = (path: string): Promise<void> => proposals.show('x', path, { scheme: 'file', fsPath: editor.root } as unknown as Uri);

beforeEach(() => {
  editor.root = mkdtempSync(join(tmpdir(), 'ownstack-'));
  editor.shown.length = 0;
});

afterEach(() => { rmSync(editor.root, { recursive: true }); });

describe('a code block', () => {
  it('is shown for a file that there is not yet', async () => {
    await show('src/new.py');

    expect(editor.shown).toHaveLength(1);
  });

  it.each(['.git/hooks/pre-commit', '.GIT/config', 'part/.git/config', 'link/config'])('is no change of what git keeps: %s', async (path) => {
    mkdirSync(join(editor.root, '.git'));
    writeFileSync(join(editor.root, '.git', 'config'), '');
    symlinkSync('.git', join(editor.root, 'link'));

    await expect(show(path)).rejects.toThrow(`${path} belongs to git, so it is left alone.`);
    expect(editor.shown).toEqual([]);
  });

  it('is no change of what is outside', async () => {
    symlinkSync(tmpdir(), join(editor.root, 'out'));

    await expect(show('out/x.py')).rejects.toThrow('outside the workspace');
    await expect(show('../x.py')).rejects.toThrow('outside the workspace');
  });
});
