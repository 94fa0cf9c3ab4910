/** As much of the editor as code actions touch. What they show and ask is kept; what is answered is given. */

import type { CommentThread, TextDocumentContentChangeEvent } from 'vscode';

type Hear<T> = (event: T) => void;

class Event<T> {
  private readonly hearers = new Set<Hear<T>>();
  readonly on = (hear: Hear<T>): { dispose: () => void } => {
    this.hearers.add(hear);
    return { dispose: () => { this.hearers.delete(hear); } };
  };
  fire(event: T): void {
    for (const hear of this.hearers) hear(event);
  }
}

class Place {
  constructor(readonly line: number, readonly character: number) {}
}

export class Range {
  readonly start: Place;
  readonly end: Place;
  readonly active: Place;
  constructor(line: number, character: number, endLine: number, endCharacter: number) {
    this.start = new Place(line, character);
    this.end = this.active = new Place(endLine, endCharacter);
  }
  get isEmpty(): boolean {
    return this.start.line === this.end.line && this.start.character === this.end.character;
  }
}

class Address {
  constructor(readonly text: string) {}
  get path(): string {
    return this.text.replace(/^\w+:\/\//, '');
  }
  toString(): string {
    return this.text;
  }
  static readonly parse = (text: string): Address => new Address(text);
}

class CancellationTokenSource {
  private readonly ended = new Event<undefined>();
  readonly token = { isCancellationRequested: false, onCancellationRequested: this.ended.on };
  cancel(): void {
    this.token.isCancellationRequested = true;
    this.ended.fire(undefined);
  }
  dispose(): void {
    this.cancel = () => undefined;
  }
}

const nothing = { dispose: (): void => undefined };
const textChanged = new Event<{ document: unknown; contentChanges: readonly Partial<TextDocumentContentChangeEvent>[] }>();
const tabsChanged = new Event<{ closed: unknown[] }>();
const unheard = new Event<undefined>();

/** What a test looks at and sets. */
export const seen = {
  threads: [] as CommentThread[],
  decorated: [] as [number, number][],
  messages: [] as string[],
  keys: {} as Record<string, unknown>,
  ran: [] as unknown[][],
  /** What is answered to questions, first in first out. */
  answers: [] as unknown[],
  settings: {} as Record<string, unknown>,
  repositories: [] as { rootUri: Address; inputBox: { value: string } }[],
  folders: [] as { uri: Address }[],
};

export const uri = (text: string): Address => new Address(text);

export function edit(document: unknown, contentChanges: readonly object[]): void {
  textChanged.fire({ document, contentChanges });
}

export function closeTab(input: unknown): void {
  tabsChanged.fire({ closed: [{ input }] });
}

export class TabInputTextDiff {
  constructor(readonly original: Address, readonly modified: Address) {}
}

/** Shows a text as the editor in front, with lines selected, from 0. */
export function open(text: string, first: number, last: number): { document: { uri: Address; version: number; getText: () => string } } {
  const document = { uri: uri('file:///shop/a.py'), version: 3, getText: () => text };
  const setDecorations = (_type: unknown, ranges: Range[]): void => {
    seen.decorated = ranges.map(({ start, end }) => [start.line, end.line]);
  };
  const editor = { document, selection: new Range(first, 0, last, 4), setDecorations };
  api.window.activeTextEditor = editor;
  api.window.visibleTextEditors = [editor];
  return editor;
}

export function reset(): void {
  for (const list of [seen.threads, seen.decorated, seen.messages, seen.ran, seen.answers, seen.repositories, seen.folders]) list.length = 0;
  seen.keys = {};
  seen.settings = {};
}

const asked = (words: string): Promise<unknown> => {
  seen.messages.push(words);
  return Promise.resolve(seen.answers.shift());
};

export const api = {
  Range,
  Uri: Address,
  ThemeColor: class { constructor(readonly id: string) {} },
  MarkdownString: class {
    isTrusted: boolean | undefined = true;
    supportHtml = true;
    constructor(readonly value: string) {}
  },
  CancellationTokenSource,
  TabInputTextDiff,
  Disposable: { from: () => nothing },
  ProgressLocation: { Notification: 15, Window: 10 },
  CommentThreadCollapsibleState: { Expanded: 1 },
  CommentMode: { Preview: 1 },
  comments: {
    createCommentController: () => ({
      createCommentThread: (at: Address, range: Range, comments: unknown[]): object => {
        const thread = { uri: at, range, comments, dispose: () => { seen.threads.splice(seen.threads.indexOf(thread), 1); } } as unknown as CommentThread;
        seen.threads.push(thread);
        return thread;
      },
      dispose: () => undefined,
    }),
  },
  commands: {
    executeCommand: (...given: unknown[]) => {
      if (given[0] === 'setContext') seen.keys[given[1] as string] = given[2];
      else seen.ran.push(given);
      return Promise.resolve();
    },
  },
  extensions: {
    getExtension: () => ({ isActive: true, exports: { getAPI: () => ({ repositories: seen.repositories }) } }),
  },
  window: {
    activeTextEditor: undefined as unknown,
    visibleTextEditors: [] as unknown[],
    tabGroups: { all: [] as { tabs: unknown[] }[], onDidChangeTabs: tabsChanged.on },
    createTextEditorDecorationType: () => nothing,
    onDidChangeVisibleTextEditors: unheard.on,
    onDidChangeActiveTextEditor: unheard.on,
    showInputBox: () => Promise.resolve(seen.answers.shift()),
    showQuickPick: () => Promise.resolve(seen.answers.shift()),
    showInformationMessage: asked,
    showWarningMessage: asked,
    showErrorMessage: asked,
    setStatusBarMessage: (words: string) => { seen.messages.push(`quietly: ${words}`); },
    withProgress: (_options: unknown, run: (progress: object, token: object) => unknown) => run({ report: () => undefined }, new CancellationTokenSource().token),
  },
  workspace: {
    get workspaceFolders() { return seen.folders; },
    getWorkspaceFolder: (at: Address) => seen.folders.find(({ uri: root }) => `${at.path}/`.startsWith(`${root.path}/`)),
    onDidChangeTextDocument: textChanged.on,
    asRelativePath: (at: Address | string) => String(at).replace(/.*\//, ''),
    getConfiguration: () => ({ get: (key: string) => seen.settings[key] }),
  },
};
