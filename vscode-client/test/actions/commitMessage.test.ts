import { beforeEach, describe, expect, it, vi } from 'vitest';

import { CommitMessages } from '../../src/actions/commitMessage.js';
import type { Edits } from '../../src/actions/edits.js';
import { api, reset, seen, uri } from './fakeEditor.js';

vi.mock('vscode', async () => (await import('./fakeEditor.js')).api);
vi.mock('vscode-languageclient/node', () => ({ RequestType: Object, NotificationType: Object }));

const asked: unknown[] = [];
let message = 'Say it';
let isStaged = true;
let meanwhile: () => void = () => undefined;
const edits = {
  ask: (_type: unknown, params: unknown) => {
    asked.push(params);
    meanwhile();
    return Promise.resolve({ message, isStaged, reason: '' });
  },
};
let messages: CommitMessages;

/** Adds a repository with this in its box. */
function repository(value = '', root = 'file:///shop'): { rootUri: ReturnType<typeof uri>; inputBox: { value: string } } {
  const made = { rootUri: uri(root), inputBox: { value } };
  seen.repositories.push(made);
  return made;
}

beforeEach(() => {
  reset();
  asked.length = 0;
  message = 'Say it';
  isStaged = true;
  meanwhile = () => undefined;
  api.window.activeTextEditor = undefined;
  seen.folders.push({ uri: uri('file:///shop') });
  messages = new CommitMessages(edits as unknown as Edits);
});

describe('a commit message', () => {
  it('comes into an empty box', async () => {
    const { inputBox } = repository();
    await messages.write(undefined);

    expect(inputBox.value).toBe('Say it');
    expect(asked).toEqual([{ folder: 'file:///shop', why: '' }]);
    expect(seen.messages).toEqual([]);
  });

  it('takes no typed words away unasked, and reads them', async () => {
    const { inputBox } = repository('because of taxes');
    await messages.write(undefined);

    expect(inputBox.value).toBe('because of taxes');
    expect(asked).toEqual([{ folder: 'file:///shop', why: 'because of taxes' }]);
    expect(seen.messages).toHaveLength(1);
  });

  it('takes their place if one agrees', async () => {
    const { inputBox } = repository('because of taxes');
    seen.answers.push('Replace');
    await messages.write(undefined);

    expect(inputBox.value).toBe('Say it');
  });

  it('asks about words that were typed while it was written', async () => {
    const { inputBox } = repository();
    meanwhile = () => { inputBox.value = 'mine'; };
    await messages.write(undefined);

    expect(inputBox.value).toBe('mine');
    expect(seen.messages).toHaveLength(1);
  });

  it('takes the place of an earlier one of its own, unless that was edited', async () => {
    const { inputBox } = repository();
    await messages.write(undefined);
    message = 'Say it better';
    await messages.write(undefined);
    expect(inputBox.value).toBe('Say it better');
    expect(asked.at(-1)).toEqual({ folder: 'file:///shop', why: '' });

    inputBox.value = 'Say it better, by me';
    await messages.write(undefined);
    expect(inputBox.value).toBe('Say it better, by me');
  });

  it('says that it is about more than would be committed', async () => {
    repository();
    isStaged = false;
    await messages.write(undefined);

    expect(seen.messages).toEqual(['Nothing is staged, so the message is about all that is changed.']);
  });

  it('is for the repository whose button was pressed, else of the file in front', async () => {
    const [outer, inner] = [repository(), repository('', 'file:///shop/part')];
    await messages.write({ rootUri: uri('file:///shop/part') });
    expect([outer.inputBox.value, inner.inputBox.value]).toEqual(['', 'Say it']);

    api.window.activeTextEditor = { document: { uri: uri('file:///shop/a.py') } };
    await messages.write(undefined);
    expect(outer.inputBox.value).toBe('Say it');
  });

  it('of a repository around the folder is about the folder', async () => {
    repository('', 'file://');
    await messages.write(undefined);

    expect(asked).toEqual([{ folder: 'file:///shop', why: '' }]);
  });

  it('says where there is no repository', async () => {
    await expect(messages.write(undefined)).rejects.toThrow('No git repository is open here.');
  });
});
