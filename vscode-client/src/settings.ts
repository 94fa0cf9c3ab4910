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
  'models.completion',
  'engine.threads',
  'engine.gpuLayers',
  'engine.contextTokens',
  'engine.infillOrder',
  'engine.suffixShift',
  'daemon.enabled',
  'daemon.idleMinutes',
  'index.enabled',
] as const;

/** Keys that only the extension reads. */
export const CLIENT_KEYS = ['python.interpreter'] as const;

/** A change of one of these needs another server process. */
export const RESTART_KEYS = ['python.interpreter', 'daemon.enabled'] as const;

type Key = (typeof SERVER_KEYS)[number] | (typeof CLIENT_KEYS)[number];

/** The part of VS Code's configuration object that is used. */
export interface Source {
  get(key: Key): unknown;
}

/** Returns the nested object that the server reads. */
export function forServer(source: Source): Record<string, Record<string, unknown>> {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const key of SERVER_KEYS) {
    const [group, name] = key.split('.') as [string, string];
    (tree[group] ??= {})[name] = source.get(key);
  }
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
}

export function switches(source: Source, editor: boolean): Switches {
  const languages = source.get('completion.languages');
  return {
    enabled: source.get('completion.enabled') !== false,
    languages:
      typeof languages === 'object' && languages !== null
        ? (languages as Record<string, boolean>)
        : {},
    editor,
  };
}

/** Tells whether a language is on: by its name, else by `"*"`, else it is. */
export function languageOn(languages: Switches['languages'], language: string): boolean {
  const named = languages[language] ?? languages['*'];
  return named !== false;
}

/** Returns why nothing is suggested in a document of this language, or "" if something may be. */
export function offReason(on: Switches, language: string): string {
  if (!on.enabled) return 'Completion is switched off.';
  if (!on.editor) return 'The editor shows no inline suggestions: editor.inlineSuggest.enabled is off.';
  if (!languageOn(on.languages, language)) return `Completion is switched off for ${language}.`;
  return '';
}
