import { describe, expect, it } from 'vitest';

import { fenceInfo } from '../../src/webview/fences.js';
import { isWebAddress, placeOf, placeText } from '../../src/webview/links.js';

describe('a place', () => {
  it.each([
    ['src/a.py', 'src/a.py'],
    ['./src/a.py:3', 'src/a.py:3'],
    ['src\\a.py:3-5', 'src/a.py:3-5'],
    ['src/a.py#L3-L5', 'src/a.py:3-5'],
    ['a.py:9-2', 'a.py:9'],
  ])('is read from %s', (text, expected) => {
    const place = placeOf(text);

    expect(place && placeText(place)).toBe(expected);
  });

  it.each(['command:a', 'javascript:1', 'https://a.example', '//a.example/x.js', 'file:///a.py', 'vscode:a.b', 'x', '', 'a b.py', `${'a/'.repeat(200)}b.py`])(
    'is not read from %s',
    (text) => {
      expect(placeOf(text)).toBeNull();
    },
  );

  it('is no address', () => {
    expect(isWebAddress('https://a.example/b')).toBe(true);
    expect(isWebAddress('HTTP://a.example')).toBe(true);
    for (const no of ['https:', 'javascript:https://a', 'data:text/html,https://', 'src/a.py']) expect(isWebAddress(no)).toBe(false);
  });
});

describe('the first line of a code block', () => {
  it.each([
    ['python', 'python', ''],
    ['Python', 'python', ''],
    ['python src/a.py', 'python', 'src/a.py'],
    ['python:src/a.py', 'python', 'src/a.py'],
    ['python title="src/a.py"', 'python', 'src/a.py'],
    ['ts {1,3} file=src/b.ts', 'ts', 'src/b.ts'],
    ['src/a.py', '', 'src/a.py'],
    ['c++', 'c++', ''],
    ['"><img>', '', ''],
    ['', '', ''],
  ])('%s', (info, language, path) => {
    expect(fenceInfo(info)).toEqual({ language, path });
  });
});
