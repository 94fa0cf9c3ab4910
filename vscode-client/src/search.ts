/** The search view: a list that follows what is typed, with a preview of the result in front. */

import * as vscode from 'vscode';

import { SEARCH, type Hit } from './protocol.js';
import { row } from './results.js';
import type { Server } from './server.js';

const DEBOUNCE_MS = 80;
const PREVIEW_MS = 60;
const LIMIT = 50;
const HINT = 'A question, a name, or filters such as path:src lang:python kind:class';

interface Item extends vscode.QuickPickItem {
  hit: Hit;
}

const BESIDE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('split-horizontal'),
  tooltip: 'Open to the Side',
};

/** One search, from the command to the choice. */
export class Search implements vscode.Disposable {
  private static last = '';
  private readonly pick = vscode.window.createQuickPick<Item>();
  private readonly mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
  });
  private readonly origin = vscode.window.activeTextEditor;
  private readonly place = this.origin?.selection;
  private readonly visible = this.origin?.visibleRanges[0];
  private readonly tabs = new Set(tabs());
  private asking: vscode.CancellationTokenSource | null = null;
  private typing: NodeJS.Timeout | undefined;
  private moving: NodeJS.Timeout | undefined;
  /** Nothing was found, since the index is not there yet. */
  private waiting = false;
  private readonly unwatch: () => void;
  private chosen = false;
  private previewed = false;

  constructor(private readonly server: Server) {
    const { pick } = this;
    pick.title = 'Search Project';
    pick.placeholder = HINT;
    pick.matchOnDescription = false;
    // The server ranks; without this the list would be sorted again by where the letters are.
    Object.assign(pick, { sortByLabel: false });
    pick.value = selectedText(this.origin) || Search.last;
    pick.onDidChangeValue(() => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => void this.ask(), DEBOUNCE_MS);
    });
    pick.onDidChangeActive(([item]) => {
      clearTimeout(this.moving);
      if (item) this.moving = setTimeout(() => void this.preview(item.hit), PREVIEW_MS);
    });
    pick.onDidAccept(() => {
      const item = pick.activeItems[0];
      if (item) void this.open(item.hit, vscode.ViewColumn.Active);
    });
    pick.onDidTriggerItemButton(({ item }) => void this.open(item.hit, vscode.ViewColumn.Beside));
    pick.onDidHide(() => {
      this.dispose();
    });
    this.unwatch = server.watch(({ index }) => {
      if (this.waiting && index.every(({ state }) => state === 'ready')) void this.ask();
    });
  }

  show(): void {
    this.pick.show();
    if (this.pick.value) void this.ask();
  }

  dispose(): void {
    clearTimeout(this.typing);
    clearTimeout(this.moving);
    this.asking?.cancel();
    this.asking = null;
    this.unwatch();
    Search.last = this.pick.value;
    this.mark.dispose();
    this.pick.dispose();
    if (this.previewed && !this.chosen) void this.goBack();
  }

  /** Asks for what is typed now; an answer that comes after the next key is dropped. */
  private async ask(): Promise<void> {
    this.asking?.cancel();
    const asking = new vscode.CancellationTokenSource();
    this.asking = asking;
    this.waiting = false;
    const query = this.pick.value.trim();
    if (!query) {
      this.list([], HINT);
      return;
    }
    this.pick.busy = true;
    try {
      const client = this.server.client;
      if (!client) throw new Error('Ownstack does not run; its status item says why.');
      const { hits, reason } = await client.sendRequest(SEARCH, { query, limit: LIMIT }, asking.token);
      if (this.asking !== asking) return;
      this.list(hits, reason || (hits.length ? HINT : 'Nothing found'));
      this.waiting = reason !== '' && !hits.length;
    } catch (error) {
      if (this.asking === asking) this.list([], (error as Error).message);
    } finally {
      if (this.asking === asking) this.pick.busy = false;
    }
  }

  private list(hits: readonly Hit[], words: string): void {
    this.pick.items = hits.map((hit) => {
      const { label, description, detail, icon } = row(hit);
      const iconPath = new vscode.ThemeIcon(icon);
      return { label, description, detail, iconPath, hit, alwaysShow: true, buttons: [BESIDE] };
    });
    this.pick.placeholder = words;
    this.pick.title = `Search Project${hits.length ? ` (${hits.length})` : `: ${words}`}`;
  }

  private async preview(hit: Hit): Promise<void> {
    try {
      const editor = await show(hit, { preserveFocus: true, preview: true });
      this.previewed = true;
      if (!this.chosen) editor?.setDecorations(this.mark, [range(hit)]);
    } catch {
      // The file has gone since; the next answer does not have it.
      this.pick.title = `Search Project: ${hit.path} is no longer there`;
    }
  }

  private async open(hit: Hit, viewColumn: vscode.ViewColumn): Promise<void> {
    this.chosen = true;
    this.pick.hide();
    try {
      await show(hit, { preview: false, viewColumn });
    } catch (error) {
      void vscode.window.showErrorMessage((error as Error).message);
    }
  }

  /** Shows again what was there before the previews, and closes what they opened. */
  private async goBack(): Promise<void> {
    if (this.origin) {
      const { document, viewColumn } = this.origin;
      if (document.uri.scheme === 'vscode-notebook-cell') {
        await vscode.commands.executeCommand('vscode.open', document.uri, { viewColumn, selection: this.place });
      } else {
        const editor = await vscode.window.showTextDocument(document, viewColumn);
        if (this.place) editor.selection = this.place;
        if (this.visible) editor.revealRange(this.visible, vscode.TextEditorRevealType.AtTop);
      }
    }
    const opened = tabs().filter((tab) => tab.isPreview && !this.tabs.has(tab));
    await vscode.window.tabGroups.close(opened.filter(({ isActive }) => !this.origin || !isActive));
  }
}

function tabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => [...group.tabs]);
}

function selectedText(editor: vscode.TextEditor | undefined): string {
  if (!editor?.selection.isSingleLine) return '';
  return editor.document.getText(editor.selection).trim();
}

function range({ startLine, endLine }: Hit): vscode.Range {
  return new vscode.Range(startLine - 1, 0, endLine - 1, 0);
}

/** Opens a result; returns the editor of its file, or null for a notebook. */
async function show(hit: Hit, options: vscode.TextDocumentShowOptions): Promise<vscode.TextEditor | null> {
  if (hit.cell !== null) {
    await showCell(hit, hit.cell, options);
    return null;
  }
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(hit.uri));
  const editor = await vscode.window.showTextDocument(document, options);
  const at = new vscode.Position(hit.line - 1, 0);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  return editor;
}

async function showCell(hit: Hit, number: number, options: vscode.TextDocumentShowOptions): Promise<void> {
  const isOpen = (notebook: vscode.NotebookDocument): boolean =>
    notebook.getCells().some(({ document }) => document.uri.toString() === hit.uri);
  const notebook =
    vscode.workspace.notebookDocuments.find(isOpen) ??
    (await vscode.workspace.openNotebookDocument(vscode.Uri.parse(hit.uri)));
  const cells = new vscode.NotebookRange(number - 1, number);
  const editor = await vscode.window.showNotebookDocument(notebook, { ...options, selections: [cells] });
  editor.revealRange(cells, vscode.NotebookEditorRevealType.InCenterIfOutsideViewport);
  if (options.preserveFocus) return;
  // The line within the cell: only opening the cell's own text puts the cursor there.
  const at = new vscode.Position(hit.line - 1, 0);
  await vscode.commands.executeCommand('vscode.open', notebook.cellAt(number - 1).document.uri, {
    ...options,
    selection: new vscode.Range(at, at),
  });
}
