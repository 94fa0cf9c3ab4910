import { describe, expect, it } from 'vitest';

import manifest from '../package.json' with { type: 'json' };
import { CLIENT_KEYS, forServer, offReason, SERVER_KEYS, switches } from '../src/settings.js';

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

  it('reach the server as nested objects', () => {
    const sent = forServer(defaults);

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

  it("when the editor's own inline suggestions are", () => {
    const reason = offReason(switches(source({}), false), 'python');

    expect(reason).toContain('editor.inlineSuggest.enabled');
  });
});
