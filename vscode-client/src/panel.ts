/** Shows pages beside the editor. */

import { randomBytes } from 'node:crypto';

import * as vscode from 'vscode';

import { actions, asText, html, type Page } from './page.js';

const COPY = { label: 'Copy as Text', command: 'ownstack.copyPage' };

/** One panel for each title; showing it again renews it. */
export class Panels implements vscode.Disposable {
  private readonly open = new Map<string, vscode.WebviewPanel>();
  private readonly pages = new Map<string, Page>();

  /** Shows a page under a title of its own, and gives it the keyboard. Escape closes it. */
  show(name: string, page: Page): void {
    const panel = this.open.get(name) ?? this.create(name);
    const whole = { ...page, blocks: [...page.blocks, { kind: 'buttons' as const, buttons: [COPY] }] };
    this.pages.set(name, whole);
    panel.webview.html = html(whole, randomBytes(16).toString('base64url'));
    panel.reveal(undefined, false);
  }

  /**
   * Shows a whole page of the server's under a title of its own.
   *
   * Its own policy lets it run nothing. Where the editor forbids scripts no key reaches it from there.
   */
  showHtml(name: string, html: string): void {
    const panel = this.open.get(name) ?? this.create(name);
    panel.webview.html = html;
    panel.reveal(undefined, false);
  }

  dispose(): void {
    for (const panel of this.open.values()) panel.dispose();
  }

  private create(name: string): vscode.WebviewPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false };
    const options = { enableScripts: true, localResourceRoots: [], enableFindWidget: true };
    const panel = vscode.window.createWebviewPanel('ownstack.page', name, place, options);
    panel.onDidDispose(() => {
      this.open.delete(name);
      this.pages.delete(name);
    });
    panel.webview.onDidReceiveMessage((message: { action?: unknown; close?: unknown }) => {
      if (message.close === true) panel.dispose();
      else void this.act(name, Number(message.action));
    });
    this.open.set(name, panel);
    return panel;
  }

  /** Does what the page's HTML asked for by a number: only what the page was made with. */
  private async act(name: string, number: number): Promise<void> {
    const page = this.pages.get(name);
    const action = page && actions(page)[number];
    if (!action) return;
    if ('uri' in action) await openPlace(action);
    else if (action.command === COPY.command) await vscode.env.clipboard.writeText(asText(page));
    else await vscode.commands.executeCommand(action.command, ...(action.args ?? []));
  }
}

async function openPlace({ uri, line }: { uri: string; line: number }): Promise<void> {
  const at = new vscode.Position(Math.max(0, line - 1), 0);
  const column = vscode.window.visibleTextEditors[0]?.viewColumn ?? vscode.ViewColumn.One;
  try {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri, true));
    const options = { viewColumn: column, selection: new vscode.Range(at, at) };
    await vscode.window.showTextDocument(document, options);
  } catch (error) {
    void vscode.window.showErrorMessage(`It cannot be opened: ${(error as Error).message}`);
  }
}
