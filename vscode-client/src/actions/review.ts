/** Reviews: what is found are diagnostics of the server's; here is what starts them, and what is said. */

import * as vscode from 'vscode';

import { CLEAR_REVIEW, REVIEW, type ReviewParams, type ReviewResult } from '../actionProtocol.js';
import { count } from '../webview/figures.js';
import { forEditor } from '../wording.js';
import type { Edits } from './edits.js';
import { rangeOf } from './instruction.js';
import { shownWhile } from './running.js';

const SHOW = 'Show Problems';
const CLEAR = 'Clear';
const SEVERITIES = ['error', 'warning', 'information', 'hint'] as const;
const NOUNS: Record<(typeof SEVERITIES)[number], [string, string]> = {
  error: ['error', 'errors'], warning: ['warning', 'warnings'], information: ['remark', 'remarks'], hint: ['hint', 'hints'],
};

export class Reviews {
  constructor(private readonly edits: Edits) {}

  /** Reviews the selection, without one the file in front. */
  async review(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) throw new Error('Open the file that is to be reviewed.');
    const { document, selection } = editor;
    const range = selection.isEmpty ? {} : { range: rangeOf(selection) };
    await this.run({ uri: document.uri.toString(), diff: '', ...range });
  }

  /** Reviews what is not committed: what is staged, or all of it. */
  async reviewChanges(): Promise<void> {
    const picked = await vscode.window.showQuickPick(
      [
        { label: 'All Changes', description: 'that are not committed', diff: 'working' },
        { label: 'Staged Changes', description: 'as the next commit would have them', diff: 'staged' },
      ],
      { title: 'Review Changes', placeHolder: 'What is to be reviewed?' },
    );
    if (!picked) return;
    const front = vscode.window.activeTextEditor?.document.uri;
    const folder = (front && vscode.workspace.getWorkspaceFolder(front)) ?? vscode.workspace.workspaceFolders?.[0];
    if (!folder) throw new Error('Open a folder first: only of one there are changes.');
    await this.run({ diff: picked.diff, folder: folder.uri.toString() });
  }

  /** Reviews lines, and says what was found. */
  async run(asked: Omit<ReviewParams, 'id'>): Promise<void> {
    const result = await shownWhile('Ownstack reviews', true, (token, hear) =>
      this.edits.heard(hear, (id) => this.edits.ask(REVIEW, { id, ...asked }, token)),
    );
    if (!result) return;
    const buttons = result.findings.length ? [SHOW, CLEAR] : [];
    const chosen = await vscode.window.showInformationMessage(reviewWords(result), ...buttons);
    if (chosen === SHOW) await vscode.commands.executeCommand('workbench.actions.view.problems');
    if (chosen === CLEAR) await this.clear();
  }

  /** Takes back what reviews have found in all files. */
  async clear(): Promise<void> {
    await this.edits.ask(CLEAR_REVIEW, {});
  }
}

/** Returns what a review found, in a sentence or two. */
export function reviewWords({ findings, reason }: Pick<ReviewResult, 'findings' | 'reason'>): string {
  const parts = SEVERITIES.flatMap((severity) => {
    const many = findings.filter((finding) => finding.severity === severity).length;
    return many ? [count(many, ...NOUNS[severity])] : [];
  });
  const files = new Set(findings.map(({ uri }) => uri)).size;
  const found = parts.length ? `The review found ${parts.join(', ')}${files > 1 ? ` in ${count(files, 'file')}` : ''}.` : 'The review found nothing.';
  return reason ? `${found} ${forEditor(reason)}` : found;
}
