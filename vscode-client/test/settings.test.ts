import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import manifest from '../package.json' with { type: 'json' };
import { Choices } from '../src/choices.js';
import {
  CLIENT_KEYS,
  forServer,
  isOfMachine,
  languageOn,
  NOTHING_CHOSEN,
  offReason,
  SERVER_KEYS,
  switches,
  withLanguage,
} from '../src/settings.js';

const declared = Object.assign(
  {},
  ...manifest.contributes.configuration.map(({ properties }) => properties),
) as Record<string, { default: unknown; scope: string }>;
const defaults = { get: (key: string): unknown => declared[`ownstack.${key}`]?.default };

function source(values: Record<string, unknown>): { get: (key: string) => unknown } {
  return { get: (key) => values[key] };
}

describe('the settings', () => {
  it('are those that package.json declares', () => {
    const expected = [...SERVER_KEYS, ...CLIENT_KEYS].map((key) => `ownstack.${key}`).sort();

    expect(Object.keys(declared).sort()).toEqual(expected);
  });

  it('that name programs or models are not taken from an untrusted workspace', () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    const risky = Object.keys(declared).filter((key) => !key.startsWith('ownstack.completion.'));

    expect([...restricted].sort()).toEqual(risky.sort());
  });

  it('of the machine are looked for where the editor keeps them', () => {
    const machine = Object.keys(declared).filter((key) => declared[key]?.scope.startsWith('machine'));

    expect(Object.keys(declared).filter(isOfMachine).sort()).toEqual(machine.sort());
  });

  it('reach the server as nested objects', () => {
    const sent = forServer(defaults, switches(defaults, true));

    expect(sent.completion?.deadlineMs).toBe(400);
    expect(sent.daemon).toEqual({ enabled: true, idleMinutes: 10 });
    expect(sent.python).toBeUndefined();
  });
});

describe('completion is off', () => {
  const cases: [string, Record<string, unknown>, string, string][] = [
    ['never by default', {}, 'python', ''],
    ['when switched off', { 'completion.enabled': false }, 'python', 'Completion is switched off.'],
    [
      'for a language that is named',
      { 'completion.languages': { python: false } },
      'python',
      'Completion is switched off for python.',
    ],
    ['not for other languages', { 'completion.languages': { python: false } }, 'go', ''],
    [
      'for the rest',
      { 'completion.languages': { '*': false, go: true } },
      'python',
      'Completion is switched off for python.',
    ],
    ['not for a named one beside the rest', { 'completion.languages': { '*': false, go: true } }, 'go', ''],
    ['not by nonsense', { 'completion.languages': 'python' }, 'python', ''],
  ];
  it.each(cases)('%s', (_, values, language, expected) => {
    expect(offReason(switches(source(values), true), language)).toBe(expected);
  });

  it('in this workspace, if that was chosen in the menu, whatever the settings say', () => {
    const off = switches(source({}), true, { ...NOTHING_CHOSEN, workspace: false });
    const on = switches(source({ 'completion.enabled': false }), true, { ...NOTHING_CHOSEN, workspace: true });

    expect(offReason(off, 'python')).toBe('Completion is switched off in this workspace.');
    expect(offReason(on, 'python')).toBe('');
    expect(forServer(source({}), off).completion?.enabled).toBe(false);
    expect(forServer(source({}), on).completion?.enabled).toBe(true);
  });

  it('during a snooze, but not for who asks by key', () => {
    const on = switches(source({}), true, { ...NOTHING_CHOSEN, snoozedUntil: 600_000 });

    expect(offReason(on, 'python', false, 60_001)).toBe('Suggestions are snoozed, 9 minutes left.');
    expect(offReason(on, 'python', false, 550_000)).toBe('Suggestions are snoozed, 1 minute left.');
    expect(offReason(on, 'python', true, 60_000)).toBe('');
    expect(offReason(on, 'python', false, 600_000)).toBe('');
  });

  it("when the editor's own inline suggestions are", () => {
    const reason = offReason(switches(source({}), false), 'python');

    expect(reason).toContain('editor.inlineSuggest.enabled');
  });
});

describe('a language that is switched', () => {
  const kept: [string, Record<string, boolean>][] = [
    ['nothing', {}],
    ['another language', { go: false }],
    ['the rest', { '*': false }],
    ['the rest and one', { '*': false, go: true }],
  ];
  it.each(kept)('off and on again leaves what was there: %s', (_, before) => {
    const was = languageOn(before, 'python');
    const once = withLanguage(before, 'python', !was) ?? {};
    const again = withLanguage(once, 'python', was);

    expect(languageOn(once, 'python')).toBe(!was);
    expect(again ?? {}).toEqual(before);
    expect(again === undefined).toBe(Object.keys(before).length === 0);
  });

  it('says nothing that is so anyway', () => {
    expect(withLanguage({ python: false, go: true }, 'python', true)).toEqual({ go: true });
  });
});

describe('what is chosen in the menu', () => {
  it('is kept by the editor, and leaves nothing behind when it is taken back', async () => {
    const memory = new Map<string, unknown>();
    const told: number[] = [];
    const choices = new Choices({
      get: (key) => memory.get(key),
      update: (key, value) => {
        if (value === undefined) memory.delete(key);
        else memory.set(key, value);
        return Promise.resolve();
      },
    });
    choices.watch(() => told.push(choices.current.snoozedUntil));

    await choices.set({ workspace: false });
    await choices.set({ snoozedUntil: 7 });
    const both = choices.current;
    await choices.set({ workspace: undefined, snoozedUntil: 0 });

    expect(both).toEqual({ workspace: false, languages: {}, snoozedUntil: 7 });
    expect(memory.size).toBe(0);
    expect(told).toEqual([0, 7, 0]);
  });

  it('writes nothing into the project', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(`src/${name}`, 'utf8'));

    expect(sources.filter((code) => code.includes('ConfigurationTarget.Workspace'))).toEqual([]);
  });
});
