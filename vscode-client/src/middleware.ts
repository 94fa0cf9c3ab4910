/** What happens in the extension host at each key, and how long it takes. */

import { InlineCompletionTriggerKind, type ProviderResult } from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';

import { RUN_ACTION, type ActionArguments } from './actionProtocol.js';
import { withReasons } from './actions/reasons.js';
import type { Improvements } from './improvements.js';
import { offReason, type Switches } from './settings.js';
import { knownWords } from './unknownRequest.js';

const { Automatic, Invoke } = InlineCompletionTriggerKind;

/** Adds up the time that keys take in the extension host: work, not waiting. */
export class KeyClock {
  calls = 0;
  totalMs = 0;
  maxMs = 0;

  measure<T>(work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      const ms = performance.now() - start;
      this.calls += 1;
      this.totalMs += ms;
      this.maxMs = Math.max(this.maxMs, ms);
    }
  }

  toString(): string {
    const mean = this.calls ? this.totalMs / this.calls : 0;
    return `${this.calls} calls, mean ${mean.toFixed(3)} ms, longest ${this.maxMs.toFixed(1)} ms`;
  }
}

/**
 * Returns the hooks of the language client. What is switched off never reaches the server.
 *
 * Code actions are run by `run`: what they make is shown here before anything is applied.
 */
export function middleware(
  on: () => Switches,
  clock: KeyClock,
  improvements: Improvements,
  run: (asked: ActionArguments) => Promise<void>,
): Middleware {
  return {
    sendRequest: async (type, given, token, next) => {
      try {
        return await next(type, given, token);
      } catch (error) {
        throw knownWords(error);
      }
    },
    executeCommand: (command, given, next): ProviderResult<unknown> =>
      command === RUN_ACTION ? run(given[0] as ActionArguments) : next(command, given),
    provideCodeActions: async (document, range, context, token, next) => {
      const found = await next(document, range, context, token);
      return found && withReasons(found);
    },
    didChange: (event, next) => clock.measure(() => next(event)),
    provideInlineCompletionItems: (document, position, context, token, next) =>
      clock.measure(() => {
        const { line, character } = position;
        const cursor = { uri: document.uri.toString(), version: document.version, line, character };
        return improvements.ask(cursor, context.triggerKind === Invoke, (invoked) => {
          const known = { ...context, triggerKind: invoked ? Invoke : Automatic };
          return offReason(on(), document.languageId, invoked) ? null : next(document, position, known, token);
        });
      }),
  };
}
