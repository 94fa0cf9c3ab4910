/** The status item: always says in a word what goes on, and in a sentence why. */

import type { StatusBarItem, ThemeColor } from 'vscode';

import { adapterLines } from './learned.js';
import type { RoleStatus, State, Status } from './protocol.js';
import { BUILTIN } from './reports.js';
import { indexLines } from './results.js';
import { minutes } from './settings.js';
import { forEditor, percentage } from './wording.js';

/** What the server says, or what the extension says while there is no server. */
export type Known = Pick<Status, 'state' | 'reason' | 'model' | 'progress'> & Partial<Status>;

/** How far the installation of llama.cpp is, while it is not there, or that of a new version. */
export type Installation =
  | { kind: 'compiling'; since: number }
  /** The server before serves meanwhile. */
  | { kind: 'updating'; how: string }
  /** Why it is not there, and what to do. */
  | { kind: 'failed'; reason: string };

/** What else decides how the item looks. */
export interface Around {
  /** Why nothing is suggested in this document, or "". */
  here: string;
  /** Minutes for which suggestions hold off; 0 = they do not. */
  snoozed: number;
  installation: Installation | null;
  now: number;
}

export const CALM: Around = { here: '', snoozed: 0, installation: null, now: 0 };

export interface Look {
  text: string;
  /** For a screen reader: the same in words. */
  label: string;
  tooltip: string;
  severity: 'plain' | 'warning' | 'error';
}

interface Word {
  icon: string;
  words: string;
  severity: Look['severity'];
}

const WORDS: Record<State | 'updating' | 'compiling' | 'uncompiled' | 'snoozed', Word> = {
  starting: { icon: 'loading~spin', words: 'starting', severity: 'plain' },
  loading: { icon: 'loading~spin', words: 'loading', severity: 'plain' },
  ready: { icon: 'sparkle', words: 'ready', severity: 'plain' },
  noModel: { icon: 'sparkle', words: 'completing without a model', severity: 'plain' },
  off: { icon: 'circle-slash', words: 'off', severity: 'plain' },
  slow: { icon: 'watch', words: 'slow', severity: 'warning' },
  error: { icon: 'error', words: 'problem', severity: 'error' },
  updating: { icon: 'sync', words: 'updating', severity: 'plain' },
  compiling: { icon: 'tools', words: 'compiling llama.cpp', severity: 'plain' },
  uncompiled: { icon: 'tools', words: 'completing from your files only', severity: 'warning' },
  snoozed: { icon: 'bell-slash', words: 'snoozed', severity: 'plain' },
};

/** Returns how the item looks. */
export function look(known: Known, around: Around): Look {
  const { word, reason, suffix } = said(known, around);
  const { icon, words, severity } = WORDS[word];
  const model = word === known.state ? named(known) : '';
  return {
    text: `$(${icon}) Ownstack${suffix}`,
    label: `Ownstack: ${words}.${model} ${reason}${word === known.state ? learned(known) : ''}`,
    tooltip: tooltip(known, reason),
    severity,
  };
}

interface Said {
  word: keyof typeof WORDS;
  reason: string;
  suffix: string;
}

function said(known: Known, { here, snoozed, installation, now }: Around): Said {
  const reason = forEditor(known.reason);
  // Without a server nothing else matters; with one, an error is of a model, and may only mean
  // that llama.cpp is not there yet.
  const down = known.state === 'error' && known.version === undefined;
  const lacking = known.state === 'noModel' || known.state === 'error';
  const updating = installation?.kind === 'updating';
  const broken = down || (known.state === 'error' && (!installation || updating));
  if (snoozed && !broken) {
    return { word: 'snoozed', reason: here || `Suggestions are snoozed, ${minutes(snoozed)} left.`, suffix: ` ${snoozed} min` };
  }
  if (here && !broken) return { word: 'off', reason: here, suffix: '' };
  if (updating && !broken) {
    return { word: 'updating', reason: `${capital(installation.how)}. The version before serves meanwhile. ${reason}`, suffix: '' };
  }
  if (installation && !updating && lacking && !down) return ofInstallation(installation, now);
  const reading = known.state === 'loading' && (known.progress ?? 0) < 1;
  return { word: known.state, reason, suffix: reading ? ` ${percentage(known.progress ?? 0)}` : '' };
}

function ofInstallation(installation: Exclude<Installation, { kind: 'updating' }>, now: number): Said {
  if (installation.kind === 'failed') return { word: 'uncompiled', reason: installation.reason, suffix: '' };
  const passed = Math.max(0, Math.floor((now - installation.since) / 60_000));
  const far = passed ? `${minutes(passed)} so far` : 'just begun, it takes some minutes';
  return {
    word: 'compiling',
    reason: `${capital(far)}; completing from your files meanwhile.`,
    suffix: passed ? ` ${passed} min` : '',
  };
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
}

function named({ model }: Known): string {
  return model && model !== BUILTIN ? ` Model ${model}.` : '';
}

/** Says for a screen reader what serves of what was learned: of a tooltip it reads nothing. */
function learned({ roles = [] }: Known): string {
  const lines = adapterLines(roles.map((role) => ({ ...role, adapters: role.adapters.filter(({ serves }) => serves) })));
  return lines.map((line) => ` ${line}.`).join('');
}

function tooltip(known: Known, reason: string): string {
  const lines = [reason];
  if (known.completer === 'model' && known.model !== BUILTIN) {
    lines.push(`Completes with: ${known.model}`);
  }
  if (known.completer === 'builtin') lines.push('Completes with: the built-in completer, for now');
  if (known.completer === 'echo') lines.push('Completes with: echo, the longest match in your files');
  const speed = known.figures?.decodeTokensPerSecond;
  if (speed) lines.push(`Writes ${Math.round(speed)} tokens a second`);
  const { completionsShown, accepted } = known.figures ?? {};
  if (completionsShown) lines.push(`Shown ${completionsShown}, accepted ${accepted ?? 0}`);
  lines.push(...adapterLines(known.roles ?? []), ...leavingLines(known.roles ?? []));
  lines.push(...indexLines(known.index ?? []));
  if (known.sessions && known.sessions > 1) lines.push(`Shared by ${known.sessions} windows`);
  return lines.join('\n');
}

/** Says what is sent to other machines: nobody should have to look for that. */
function leavingLines(roles: RoleStatus[]): string[] {
  return roles
    .filter(({ leavesMachine, state }) => leavesMachine && state !== 'error')
    .map(({ role, model }) => `Leaves this machine: what ${role} is given, to ${model}`);
}

const REPAINT_MS = 15_000;

/** Keeps the item in step with the server, the installation, the time and the document in front. */
export class StatusItem {
  private known: Known = {
    state: 'starting',
    reason: 'Ownstack is starting.',
    model: '',
    progress: null,
  };
  private around: Omit<Around, 'now'> = CALM;
  private clock: NodeJS.Timeout | null = null;

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
    return this.look().label;
  }

  get installation(): Installation | null {
    return this.around.installation;
  }

  /** The installation of llama.cpp, while it is not there; null while all is there, if of the version before. */
  get lacking(): Exclude<Installation, { kind: 'updating' }> | null {
    const { installation } = this.around;
    return installation?.kind === 'updating' ? null : installation;
  }

  /** What is known of the index, in a line for each folder. */
  get index(): string[] {
    return indexLines(this.known.index ?? []);
  }

  /** What was learned and serves with the models in use, or does not, in a line each. */
  get adapters(): string[] {
    return adapterLines(this.known.roles ?? []);
  }

  show(known: Known): void {
    this.known = known;
    this.paint();
  }

  /** Tells what has changed around the server. */
  showAround(change: Partial<Omit<Around, 'now'>>): void {
    this.around = { ...this.around, ...change };
    this.paint();
  }

  /** Is asked from time to time while there are minutes to count; set by `watchSettings`. */
  onTick: () => void = () => undefined;

  dispose(): void {
    if (this.clock) clearInterval(this.clock);
  }

  private look(): Look {
    return look(this.known, { ...this.around, now: Date.now() });
  }

  private paint(): void {
    const { text, label, tooltip, severity } = this.look();
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label, role: 'button' };
    this.item.backgroundColor = severity === 'plain' ? undefined : this.color(severity);
    this.tick();
  }

  private tick(): void {
    const counts = this.around.snoozed > 0 || this.around.installation?.kind === 'compiling';
    if (counts && !this.clock) {
      this.clock = setInterval(() => {
        this.onTick();
        this.paint();
      }, REPAINT_MS);
    } else if (!counts && this.clock) {
      clearInterval(this.clock);
      this.clock = null;
    }
  }
}
