/** The server's standard error, line by line, at the level each line names. */

import type { Readable } from 'node:stream';

import type { LogOutputChannel } from 'vscode';

import { Lines } from './process.js';

type Level = 'debug' | 'info' | 'warn' | 'error';

const NAMES: Record<string, Level> = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'error',
};

export function levelOf(line: string): Level {
  const name = /^(?:[\d:,. TZ-]+ )?(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b/.exec(line)?.[1];
  return NAMES[name ?? ''] ?? 'info';
}

export function logLines(input: Readable, log: LogOutputChannel, hear: (line: string) => void = () => undefined): void {
  const lines = new Lines((line) => {
    log[levelOf(line)](line);
    hear(line);
  });
  input.setEncoding('utf8').on('data', (chunk: string) => {
    lines.push(chunk);
  });
  input.on('end', () => {
    lines.end();
  });
}

const LONGEST = 200;

/** Keeps the last line that is heard, cut where it is too long to be told. */
export function lastLine(): { hear: (line: string) => void; last: () => string } {
  let last = '';
  return {
    hear: (line) => {
      last = line.trim().slice(0, LONGEST);
    },
    last: () => last,
  };
}
