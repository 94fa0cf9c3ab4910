/** Texts to read: the doctor's findings and how a suggestion came about. */

import type { Check, Model, Status, Trace } from './protocol.js';
import { sentence } from './status.js';

const MARKS: Record<Check['level'], string> = { ok: 'ok     ', warning: 'warning', error: 'ERROR  ' };

/** Returns the doctor's report; `keys` says what keys cost in the extension host. */
export function doctorReport(checks: readonly Check[], status: string, keys: string): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, level, detail, hint }) => [
    `${MARKS[level]}  ${name.padEnd(width)}  ${detail}`,
    ...(hint ? [`${' '.repeat(11 + width)}→ ${hint}`] : []),
  ]);
  return [...sentences(status), '', ...lines, '', `Extension: ${keys}`, ''].join('\n');
}

function sentences(text: string): string[] {
  return text.split(/(?<=\.) /);
}

/** Returns how the newest answer came about. */
export function explanation(trace: Trace | null, status: Status | null): string {
  if (!trace) return 'Nothing was suggested yet.\n';
  const lines = [trace.reason ? `Nothing was suggested. ${trace.reason}` : suggested(trace)];
  if (trace.confidence !== null) lines.push(`Confidence: ${Math.round(100 * trace.confidence)} %`);
  const stages = Object.entries(trace.stagesMs);
  if (stages.length) {
    lines.push('', 'Time', ...stages.map(([name, ms]) => `  ${name.padEnd(16)} ${ms.toFixed(1)} ms`));
  }
  if (trace.promptTokens) {
    lines.push(
      '',
      'Tokens',
      `  in the prompt    ${trace.promptTokens}`,
      `  evaluated now    ${trace.evaluatedTokens}`,
      `  written          ${trace.generatedTokens}`,
    );
  }
  if (status) lines.push('', 'State', ...sentences(sentence(status)).map((line) => `  ${line}`));
  return [...lines, ''].join('\n');
}

const TIERS: Record<string, string> = {
  'typed-through': 'The suggestion that was shown still continues what you type',
  cache: 'It was computed for an earlier key',
  joined: 'It was being computed for an earlier key',
  echo: 'The longest match in your files continues like this',
  model: 'The model wrote it',
};

function suggested({ tier, source, model }: Trace): string {
  const how = TIERS[tier] ?? tier;
  const from = source === 'model' ? ` Made by the model ${model}.` : '';
  return `${how}.${source === 'echo' && tier !== 'echo' ? ' Found in your files (echo).' : from}`;
}

export interface ModelChoice {
  label: string;
  description: string;
  detail: string;
  name: string;
}

/** Returns the models as a list to choose from; those that cannot infill say why. */
export function modelChoices(models: readonly Model[]): ModelChoice[] {
  return models.map(({ name, path, sizeBytes, parameters, infillProblem, chosenFor }) => ({
    label: chosenFor.includes('completion') ? `$(check) ${name}` : name,
    description: [parameters ? `${millions(parameters)} parameters` : '', megabytes(sizeBytes)]
      .filter(Boolean)
      .join(', '),
    detail: infillProblem ? `Cannot complete: ${infillProblem}` : path,
    name,
  }));
}

function millions(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)} billion` : `${Math.round(count / 1e6)} million`;
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
