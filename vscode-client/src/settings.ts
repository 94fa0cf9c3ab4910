/** The settings: which exist, what the server is sent, what is decided here. */

/** Keys below `ownstack.` that the server knows; `package.json` has the same, and the defaults. */
export const SERVER_KEYS = [
  'completion.enabled',
  'completion.languages',
  'completion.exclude',
  'completion.multiline',
  'completion.deadlineMs',
  'completion.maxLines',
  'completion.prefetch',
  'completion.eagerness',
  'completion.learnFromOutcomes',
  'models.completion',
  'models.edit',
  'models.chat',
  'models.summary',
  'models.embedding',
  'models.offline',
  'models.memoryBudgetGb',
  'models.idleMinutes',
  'engine.threads',
  'engine.gpuLayers',
  'engine.contextTokens',
  'engine.infillOrder',
  'engine.suffixShift',
  'daemon.enabled',
  'daemon.idleMinutes',
  'index.enabled',
  'actions.enabled',
  'actions.maxSeconds',
  'actions.runTools',
  'actions.runTests',
  'learning.enabled',
  'learning.onlyOnMains',
  'learning.minutes',
  'learning.whileIdleMinutes',
] as const;

/** Keys that only the extension reads. */
export const CLIENT_KEYS = ['python.interpreter', 'environment.folder'] as const;

/** Tells whether a setting, named in full, belongs to the machine and not to the user. */
export function isOfMachine(key: string): boolean {
  return /^ownstack\.(?:(?:models|engine|daemon|learning|python|environment)\.|actions\.run)/.test(key);
}

/** A change of one of these needs another server process. */
export const RESTART_KEYS = ['python.interpreter', 'environment.folder', 'daemon.enabled'] as const;

type Key = (typeof SERVER_KEYS)[number] | (typeof CLIENT_KEYS)[number];

/** The part of VS Code's configuration object that is used. */
export interface Source {
  get(key: Key): unknown;
}

/** Returns the nested object that the server reads; what was chosen in the menu is in it. */
export function forServer(source: Source, on: Switches): Record<string, Record<string, unknown>> {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const key of SERVER_KEYS) {
    const [group, name] = key.split('.') as [string, string];
    (tree[group] ??= {})[name] = source.get(key);
  }
  Object.assign(tree.completion as object, { enabled: isOn(on), languages: on.languages });
  return tree;
}

export function text(source: Source, key: Key): string {
  const value = source.get(key);
  return typeof value === 'string' ? value.trim() : '';
}

/** What decides, without asking the server, that nothing is suggested. */
export interface Switches {
  enabled: boolean;
  languages: Readonly<Record<string, boolean>>;
  /** VS Code's own `editor.inlineSuggest.enabled`. */
  editor: boolean;
  /** What was chosen for this workspace in the menu; wins over the setting. */
  workspace?: boolean | undefined;
  /** Until when suggestions hold off (milliseconds since 1970); 0 = they do not. */
  snoozedUntil?: number;
}

/** What was chosen in the menu and is remembered by the editor, not in settings. */
export interface Chosen {
  workspace?: boolean | undefined;
  languages: Readonly<Record<string, boolean>>;
  snoozedUntil: number;
}

export const NOTHING_CHOSEN: Chosen = { languages: {}, snoozedUntil: 0 };

export function switches(source: Source, editor: boolean, chosen: Chosen = NOTHING_CHOSEN): Switches {
  const languages = source.get('completion.languages');
  return {
    enabled: source.get('completion.enabled') !== false,
    languages: {
      ...(typeof languages === 'object' && languages !== null ? (languages as Record<string, boolean>) : {}),
      ...chosen.languages,
    },
    editor,
    workspace: chosen.workspace,
    snoozedUntil: chosen.snoozedUntil,
  };
}

/** Tells whether completion is on here, languages and the editor's own switch aside. */
export function isOn({ enabled, workspace }: Switches): boolean {
  return workspace ?? enabled;
}

/** Tells whether a language is on: by its name, else by `"*"`, else it is. */
export function languageOn(languages: Switches['languages'], language: string): boolean {
  const named = languages[language] ?? languages['*'];
  return named !== false;
}

/**
 * Returns the languages with one of them switched, or undefined if nothing is left to say.
 *
 * What is so anyway is not written down: off and on again leaves no trace.
 */
export function withLanguage(
  languages: Switches['languages'],
  language: string,
  on: boolean,
): Record<string, boolean> | undefined {
  const rest = Object.fromEntries(Object.entries(languages).filter(([name]) => name !== language));
  const next = languageOn(rest, language) === on ? rest : { ...rest, [language]: on };
  return Object.keys(next).length ? next : undefined;
}

/** Returns the minutes for which suggestions still hold off, rounded up. */
export function snoozeMinutes({ snoozedUntil = 0 }: Pick<Switches, 'snoozedUntil'>, now = Date.now()): number {
  return Math.max(0, Math.ceil((snoozedUntil - now) / 60_000));
}

/**
 * Returns why nothing is suggested in a document of this language, or "" if something may be.
 *
 * Who asks by key is answered during a snooze, too.
 */
export function offReason(on: Switches, language: string, asked = false, now = Date.now()): string {
  if (on.workspace === false) return 'Completion is switched off in this workspace.';
  if (!isOn(on)) return 'Completion is switched off.';
  const left = snoozeMinutes(on, now);
  if (left && !asked) return `Suggestions are snoozed, ${minutes(left)} left.`;
  if (!on.editor) return 'The editor shows no inline suggestions: editor.inlineSuggest.enabled is off.';
  if (!languageOn(on.languages, language)) return `Completion is switched off for ${language}.`;
  return '';
}

export function minutes(count: number): string {
  return `${count} minute${count === 1 ? '' : 's'}`;
}
