import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Subject } from '../src/commands.js';
import { learn } from '../src/learning.js';

interface Started {
  name: string;
  execution: { program: string; args: string[]; options: { cwd: string } };
}

const started: Started[] = [];
const said: string[] = [];
const editor = vi.hoisted(() => ({ isTrusted: true, workspaceFolders: [] as { name: string; uri: { scheme: string; fsPath: string } }[] }));

// The library loads the editor by itself, past the mock below; of it only names of messages are used.
vi.mock('vscode-languageclient/node', () => ({ RequestType: Object, NotificationType: Object, ExecuteCommandRequest: {} }));

vi.mock('vscode', () => ({
  workspace: editor,
  window: {
    showErrorMessage: (message: string) => { said.push(message); return Promise.resolve(undefined); },
    showWarningMessage: (message: string) => { said.push(message); return Promise.resolve(undefined); },
    showInformationMessage: (message: string) => { said.push(message); return Promise.resolve(undefined); },
  },
  tasks: { executeTask: (task: Started) => { started.push(task); return Promise.resolve(); } },
  ProcessExecution: class {
    constructor(readonly program: string, readonly args: string[], readonly options: { cwd: string }) {}
  },
  Task: class {
    constructor(_kind: unknown, _scope: unknown, readonly name: string, _source: string, readonly execution: unknown) {}
  },
  TaskRevealKind: { Always: 1 },
  TaskPanelKind: { Dedicated: 2 },
  QuickPickItemKind: { Separator: -1 },
}));

function subject(python: string | Error = '/env/bin/python'): Subject {
  const serverPython = (): Promise<string> => (python instanceof Error ? Promise.reject(python) : Promise.resolve(python));
  return { launcher: { serverPython }, status: { sentence: 'Ownstack: starting.' } } as unknown as Subject;
}

beforeEach(() => {
  started.length = said.length = 0;
  editor.isTrusted = true;
  editor.workspaceFolders = [{ name: 'shop', uri: { scheme: 'file', fsPath: "/home/ada/it's a shop" } }];
});

describe('learning from a project', () => {
  it('runs the server’s own Python on the folder, from outside of it', async () => {
    await learn(subject());

    expect(started.map(({ name }) => name)).toEqual(['Learn from shop']);
    expect(started[0]?.execution.program).toBe('/env/bin/python');
    expect(started[0]?.execution.args).toEqual(['-m', 'ownstack', 'learn', "/home/ada/it's a shop"]);
    expect(started[0]?.execution.options.cwd).toBe('/env/bin');
  });

  it('learns nothing from a workspace that is not trusted, and says why', async () => {
    editor.isTrusted = false;

    await learn(subject());

    expect(started).toEqual([]);
    expect(said).toEqual(['The workspace is not trusted, so nothing is learned from it. Trust it first.']);
  });

  it('has nothing to learn from without a folder on this machine', async () => {
    editor.workspaceFolders = [{ name: 'far', uri: { scheme: 'vscode-vfs', fsPath: '/far' } }];

    await learn(subject());

    expect(started).toEqual([]);
    expect(said[0]).toContain('nothing to learn from');
  });

  it('says why while there is no server to do it', async () => {
    await learn(subject(''));
    await learn(subject(new Error('There is no Python.')));

    expect(started).toEqual([]);
    expect(said).toEqual(['Ownstack: starting.', 'There is no Python.']);
  });
});
