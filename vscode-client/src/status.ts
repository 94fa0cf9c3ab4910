/** The status item: always says in a word what goes on, and in a sentence why. */

import type { StatusBarItem, ThemeColor } from 'vscode';

import type { State, Status } from './protocol.js';
import { indexLines } from './results.js';

/** What the server says, or what the extension says while there is no server. */
export type Known = Pick<Status, 'state' | 'reason' | 'model' | 'progress'> & Partial<Status>;

export interface Look {
  text: string;
  /** For a screen reader: the same in words. */
  label: string;
  tooltip: string;
  severity: 'plain' | 'warning' | 'error';
}

const WORDS: Record<State, { icon: string; words: string; severity: Look['severity'] }> = {
  starting: { icon: 'loading~spin', words: 'starting', severity: 'plain' },
  loading: { icon: 'loading~spin', words: 'loading', severity: 'plain' },
  ready: { icon: 'sparkle', words: 'ready', severity: 'plain' },
  noModel: { icon: 'sparkle', words: 'completing without a model', severity: 'plain' },
  off: { icon: 'circle-slash', words: 'off', severity: 'plain' },
  slow: { icon: 'watch', words: 'slow', severity: 'warning' },
  error: { icon: 'error', words: 'problem', severity: 'error' },
};

/** Returns how the item looks; `here` says why nothing is suggested in this document, or "". */
export function look(known: Known, here: string): Look {
  const quiet = here && known.state !== 'error';
  const { icon, words, severity } = WORDS[quiet ? 'off' : known.state];
  const reason = quiet ? here : sentence(known);
  const percent = known.state === 'loading' && !quiet ? ` ${percentage(known.progress)}` : '';
  return {
    text: `$(${icon}) Ownstack${percent}`,
    label: `Ownstack: ${words}.${named(known)} ${reason}`,
    tooltip: tooltip(known, reason),
    severity: quiet ? 'plain' : severity,
  };
}

/** Returns the reason; what the server tells a terminal to do is done in the menu here. */
export function sentence({ reason }: Pick<Known, 'reason'>): string {
  return reason.replace(FOR_A_TERMINAL, '$1 in the menu of this item.');
}

const FOR_A_TERMINAL =
  /(Add a(?: bigger)? model|Choose another) with: ownstack models (?:add FILE\.gguf|use NAME --for completion)/;

function named({ model }: Known): string {
  return model && model !== BUILTIN ? ` Model ${model}.` : '';
}

/** The server's name for the completer that it carries. */
const BUILTIN = 'builtin';

function tooltip(known: Known, reason: string): string {
  const lines = [reason];
  if (known.completer === 'model' && known.model !== BUILTIN) {
    lines.push(`Completes with: ${known.model}`);
  }
  if (known.completer === 'echo') lines.push('Completes with: echo, the longest match in your files');
  const speed = known.figures?.decodeTokensPerSecond;
  if (speed) lines.push(`Writes ${Math.round(speed)} tokens a second`);
  const { completionsShown, accepted } = known.figures ?? {};
  if (completionsShown) lines.push(`Shown ${completionsShown}, accepted ${accepted ?? 0}`);
  lines.push(...indexLines(known.index ?? []));
  if (known.sessions && known.sessions > 1) lines.push(`Shared by ${known.sessions} windows`);
  return lines.join('\n');
}

function percentage(progress: number | null): string {
  return `${Math.round(100 * (progress ?? 0))} %`;
}

/** Keeps the item in step with the server and with the document in front. */
export class StatusItem {
  private known: Known = {
    state: 'starting',
    reason: 'Ownstack is starting.',
    model: '',
    progress: null,
  };
  private here = '';

  constructor(
    private readonly item: StatusBarItem,
    private readonly color: (severity: 'warning' | 'error') => ThemeColor,
  ) {
    item.name = 'Ownstack';
    item.command = 'ownstack.menu';
    this.paint();
    item.show();
  }

  /** The sentence that is shown now. */
  get sentence(): string {
    return look(this.known, this.here).label;
  }

  /** What is known of the index, in a line for each folder. */
  get index(): string[] {
    return indexLines(this.known.index ?? []);
  }

  show(known: Known): void {
    this.known = known;
    this.paint();
  }

  /** Tells why nothing is suggested in the document in front, or "". */
  showHere(reason: string): void {
    this.here = reason;
    this.paint();
  }

  private paint(): void {
    const { text, label, tooltip, severity } = look(this.known, this.here);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label, role: 'button' };
    this.item.backgroundColor = severity === 'plain' ? undefined : this.color(severity);
  }
}
