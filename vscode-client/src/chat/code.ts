/** What the buttons of a code block do. */

import * as vscode from 'vscode';

import type { Asked } from './messages.js';
import type { Proposals } from './proposals.js';

type Code = Asked & { kind: 'code' };

const MAX_CODE = 2_000_000;

// Names of languages as models write them → as the editor does.
const LANGUAGES: Readonly<Record<string, string>> = {
  bash: 'shellscript', sh: 'shellscript', shell: 'shellscript', js: 'javascript', ts: 'typescript', py: 'python',
  tsx: 'typescriptreact', jsx: 'javascriptreact', 'c++': 'cpp', 'c#': 'csharp', cs: 'csharp', rs: 'rust', rb: 'ruby',
  yml: 'yaml', md: 'markdown', objc: 'objective-c', kt: 'kotlin',
};

/** Does what a button says. Resolves to what is told of it; rejects with a sentence. */
export async function doCode(asked: Code, proposals: Proposals, folder: vscode.Uri | undefined): Promise<string> {
  const { action, code, path } = asked;
  if (code.length > MAX_CODE) throw new Error('This is too long to be taken from the page. Export the conversation.');
  switch (action) {
    case 'copy':
      await vscode.env.clipboard.writeText(code.replace(/\n$/, ''));
      return 'Copied';
    case 'insert':
      await insert(code);
      return '';
    case 'apply':
      if (!vscode.workspace.isTrusted) throw new Error('Nothing is applied in restricted mode. Trust the folder, then apply it again.');
      await proposals.show(code, path, folder);
      return '';
    case 'newFile':
      await newFile(asked);
      return '';
  }
}

/** Puts code in place of the selection, as one step of undo. */
async function insert(code: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) throw new Error('Open a file and put the cursor where the code belongs, then insert it again.');
  const text = code.replace(/\n$/, '');
  const done = await editor.edit((edit) => {
    for (const selection of editor.selections) edit.replace(selection, text);
  });
  if (!done) throw new Error('The editor did not take the code: is the file read-only?');
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}

async function newFile({ code, language }: Code): Promise<void> {
  const name = LANGUAGES[language] ?? language;
  const known = (await vscode.languages.getLanguages()).includes(name);
  const document = await vscode.workspace.openTextDocument({ content: code, ...(known ? { language: name } : {}) });
  await vscode.window.showTextDocument(document);
}
