/** The view of the chat: a page that lives while it is seen, and the extension's end of it. */

import { randomBytes } from 'node:crypto';

import * as vscode from 'vscode';

import type { ActionQuestion } from '../actionProtocol.js';
import type { Server } from '../server.js';
import type { ChatEdit } from '../toolProtocol.js';
import { forEditor } from '../wording.js';
import { Bridge } from './bridge.js';
import { doCode } from './code.js';
import { attachable, watchEditor } from './editorState.js';
import { chatHtml } from './html.js';
import { PAGE_COMMANDS, type Asked, type Told } from './messages.js';
import { openPlace, openWeb } from './places.js';
import { Proposals } from './proposals.js';

export const VIEW = 'ownstack.chat';
const SHOWN = 'ownstack.chat.session';
const EDITOR_MS = 80;
const NO_EDITS = { edits: [] as ChatEdit[], session: null };

export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly proposals = new Proposals((kind, edit) => this.decide(kind, edit));
  private readonly registration = vscode.window.registerWebviewViewProvider(VIEW, this);
  private view: vscode.WebviewView | null = null;
  private bridge: Bridge | null = null;
  /** Told when the page is there. */
  private readonly later: Told[] = [];
  /** Asked when the conversation is known. */
  private readonly questions: ActionQuestion[] = [];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly server: Server,
  ) {}

  dispose(): void {
    this.hide();
    this.registration.dispose();
    this.proposals.dispose();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const root = vscode.Uri.joinPath(this.context.extensionUri, 'dist', 'webview');
    const { webview } = view;
    this.view = view;
    webview.options = { enableScripts: true, localResourceRoots: [root] };
    const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
    const sources = { origin: webview.cspSource, script: file('chat.js'), style: file('chat.css') };
    webview.onDidReceiveMessage((asked: Asked) => void this.handle(asked));
    view.onDidChangeVisibility(() => {
      // A page that is not seen is gone; it is made again from what the server knows.
      if (!view.visible) this.hide();
    });
    view.onDidDispose(() => {
      this.hide();
      this.view = null;
    });
    webview.html = chatHtml(sources, randomBytes(16).toString('base64url'));
  }

  /** Shows the view, and does something on its page. */
  async show(told: Told): Promise<void> {
    if (this.bridge) this.tell(told);
    else this.later.push(told);
    await vscode.commands.executeCommand(`${VIEW}.focus`);
  }

  /** Shows the view, and asks something in the conversation that it shows. */
  async ask(question: ActionQuestion): Promise<void> {
    this.questions.push(question);
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    this.askLater();
  }

  /** Names the selection, or the file in front, in the question. */
  async mention(): Promise<void> {
    const { file, startLine, endLine } = attachable();
    if (!file) throw new Error('Open a file of the workspace first.');
    const lines = !startLine ? '' : endLine > startLine ? `:${startLine}-${endLine}` : `:${startLine}`;
    await this.show({ kind: 'draft', text: `@${file}${lines} ` });
  }

  /** Does what a command of the view asks for. */
  async run(asked: Asked & { kind: 'open' | 'stop' | 'compact' }): Promise<void> {
    if (!this.bridge) await vscode.commands.executeCommand(`${VIEW}.focus`);
    await this.bridge?.handle(asked);
  }

  private async handle(asked: Asked): Promise<void> {
    if (asked.kind === 'ready') this.begin();
    try {
      switch (asked.kind) {
        case 'place':
          await openPlace(asked, this.bridge?.root);
          return;
        case 'web':
          await openWeb(asked.address);
          return;
        case 'code': {
          const done = await doCode(asked, this.proposals, this.bridge?.root);
          if (done) vscode.window.setStatusBarMessage(done, 2_000);
          return;
        }
        case 'review': {
          const changes = (await this.bridge?.changes(asked.edits)) ?? [];
          await this.proposals.review(changes, asked.turn);
          return;
        }
        case 'command':
          // By a name of ours: the page has no way to name another.
          await vscode.commands.executeCommand(PAGE_COMMANDS[asked.name], ...(asked.name === 'pickModel' ? ['chat'] : []));
          return;
        default:
          await this.bridge?.handle(asked);
      }
    } catch (error) {
      this.tell({ kind: 'notice', text: forEditor((error as Error).message) });
    }
  }

  /** Asks what waits, if the conversation is known. */
  private askLater(): void {
    if (!this.bridge?.current) return;
    for (const question of this.questions.splice(0)) void this.bridge.question(question);
  }

  /** Has the server apply or refuse an edit that is looked at beside the chat. */
  private async decide(kind: 'apply' | 'refuse', edit: string): Promise<void> {
    if (!this.bridge) {
      await vscode.commands.executeCommand(`${VIEW}.focus`);
      throw new Error('The chat was not shown, so nothing was done. It is now: choose it again.');
    }
    const outcome = await this.bridge.edit(kind === 'apply' ? { kind, edits: [edit], hunks: {} } : { kind, edits: [edit] });
    if (outcome.refused) throw new Error(outcome.text);
  }

  /** The page is there: from now on it hears of the server and of the editor. */
  private begin(): void {
    this.hide();
    const { workspaceState } = this.context;
    const remembered = {
      get: () => workspaceState.get(SHOWN, ''),
      set: (session: string) => void workspaceState.update(SHOWN, session),
    };
    const bridge = new Bridge(this.server, remembered, (told) => { this.tell(told); });
    let timer: NodeJS.Timeout | undefined;
    const editor = watchEditor(() => {
      clearTimeout(timer);
      timer = setTimeout(() => { this.tell({ kind: 'editor', attachable: attachable() }); }, EDITOR_MS);
    });
    const unwatch = this.server.watch((status) => { bridge.followServer(status); });
    this.bridge = bridge;
    this.end = () => {
      clearTimeout(timer);
      unwatch();
      editor.dispose();
      bridge.dispose();
    };
    this.tell({ kind: 'editor', attachable: attachable() });
    for (const told of this.later.splice(0)) this.tell(told);
  }

  private end: () => void = () => undefined;

  private hide(): void {
    this.end();
    this.end = () => undefined;
    this.bridge = null;
  }

  private tell(told: Told): void {
    const { edits, session } = told.kind === 'edits' ? told.changed : told.kind === 'state' ? { edits: told.state.edits, session: told.state.session.id } : NO_EDITS;
    if (session === this.bridge?.current) void this.proposals.settle(new Set(edits.filter(({ state }) => state === 'pending').map(({ id }) => id)));
    void this.view?.webview.postMessage(told);
    if (told.kind === 'state') this.askLater();
  }
}
