import { describe, expect, it } from 'vitest';

import { difference, placed } from '../../src/chat/placing.js';

const FILE = `import os


def first(a):
    return a


class Shop:
    def total(self):
        x = 1
        return x

    def other(self):
        pass
`;

function text(file: string, code: string, selection = { start: file.length, end: file.length }): string {
  const made = placed(file, code, selection);
  if ('problem' in made) throw new Error(made.problem);
  return made.text;
}

describe('a code block', () => {
  it('takes the place of the definition that it begins like', () => {
    const made = text(FILE, 'def first(a, b):\n    return a + b\n');

    expect(made).toBe(FILE.replace('def first(a):\n    return a\n', 'def first(a, b):\n    return a + b\n'));
  });

  it('is indented as the definition is', () => {
    const made = text(FILE, 'def total(self):\n    return 2\n');

    expect(made).toBe(FILE.replace('        x = 1\n        return x\n', '        return 2\n'));
  });

  it('takes the place of a block with braces, to its end', () => {
    const file = 'function a() {\n  return 1;\n}\n\nfunction b() {}\n';

    expect(text(file, 'export function a() {\n  return 2;\n}\n')).toBe('export function a() {\n  return 2;\n}\n\nfunction b() {}\n');
  });

  it('takes the place of the selection', () => {
    const start = FILE.indexOf('        x = 1');
    const made = text(FILE, 'return 3\n', { start, end: FILE.indexOf('\n\n    def other') });

    expect(made).toBe(FILE.replace('        x = 1\n        return x', '        return 3'));
  });

  it('goes to the cursor where it is nothing of the file, on lines of its own', () => {
    const made = text(FILE, 'print(1)', { start: FILE.indexOf('import'), end: FILE.indexOf('import') });

    expect(made).toBe(FILE.replace('import os\n', 'import os\nprint(1)\n'));
  });

  it('is the whole file where it has most of it', () => {
    const whole = FILE.replace('import os\n', 'import os\nimport sys\n').replace('return a', 'return a, a');

    expect(text(FILE, whole)).toBe(whole);
  });

  it('has the line ends of the file', () => {
    const made = text(FILE.replace(/\n/g, '\r\n'), 'def first(a):\n    return 2\n');

    expect(made).toBe(FILE.replace('return a\n', 'return 2\n').replace(/\n/g, '\r\n'));
  });

  it.each([
    ['', /is empty/],
    ['def first(a):\n    # ... existing code ...\n    return 1', /leaves parts/],
    ['def first(a):\n    ...\n    return 1', /leaves parts/],
  ])('is refused: %j', (code, words) => {
    expect(() => text(FILE, code)).toThrow(words);
  });

  it('is refused where it could be one of several', () => {
    expect(() => text('def a():\n    pass\n\ndef a():\n    pass\n', 'def a():\n    return 1')).toThrow(/several/);
  });
});

describe('the difference of two texts', () => {
  it.each([
    [FILE, FILE.replace('x = 1', 'x = 12')],
    ['a\r\nb', 'a\r\nc'],
    ['a\r\n', 'a\n'],
    ['a😀b', 'a😁b'],
    ['aaa', 'aa'],
    ['', 'new'],
    ['old', ''],
    ['same', 'same'],
  ])('makes the second of the first', (before, after) => {
    const { start, end, text: fresh } = difference(before, after);

    expect(before.slice(0, start) + fresh + before.slice(end)).toBe(after);
    expect(fresh).not.toMatch(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
  });

  it('is small', () => {
    expect(difference(FILE, FILE.replace('x = 1', 'x = 12')).text).toBe('2');
  });
});
