/** A list to choose from that is there at once, and filled when its rows are known. */

import * as vscode from 'vscode';

export interface List {
  title: string;
  placeholder: string;
  /** Shown while the rows are looked up. */
  waiting: string;
  /** Whether there is a list before it, to which a button and Alt+Left go back. */
  back: boolean;
}

/** Returns the row that was chosen, "back", or undefined if the list was closed. */
export async function pickFrom<T extends vscode.QuickPickItem>(
  { title, placeholder, waiting, back }: List,
  rows: Promise<readonly T[]> | readonly T[],
): Promise<T | 'back' | undefined> {
  const pick = vscode.window.createQuickPick<T>();
  pick.title = title;
  pick.placeholder = waiting;
  pick.matchOnDescription = pick.matchOnDetail = true;
  pick.busy = true;
  if (back) pick.buttons = [vscode.QuickInputButtons.Back];
  const chosen = new Promise<T | 'back' | undefined>((resolve) => {
    pick.onDidTriggerButton(() => {
      resolve('back');
    });
    pick.onDidAccept(() => {
      if (pick.selectedItems[0]) resolve(pick.selectedItems[0]);
    });
    pick.onDidHide(() => {
      resolve(undefined);
    });
  });
  pick.show();
  try {
    const known = await Promise.race([rows, chosen.then(() => undefined)]);
    if (known) {
      pick.items = known;
      pick.placeholder = placeholder;
      pick.busy = false;
    }
    return await chosen;
  } finally {
    pick.dispose();
  }
}

export function line(label: string): vscode.QuickPickItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
