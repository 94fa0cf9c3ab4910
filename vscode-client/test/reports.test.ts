import { describe, expect, it } from 'vitest';

import type { Model, Trace } from '../src/protocol.js';
import { doctorReport, explanation, modelChoices } from '../src/reports.js';

const trace: Trace = {
  id: 'x',
  tier: 'cache',
  source: 'model',
  reason: '',
  model: 'qwen',
  stagesMs: { cache: 0.31 },
  promptTokens: 812,
  evaluatedTokens: 2,
  generatedTokens: 9,
  draftedTokens: 0,
  acceptedTokens: 0,
  confidence: 0.714,
};

const model: Model = {
  name: 'qwen',
  path: '/models/qwen.gguf',
  sizeBytes: 1_650_000_000,
  parameters: 1_540_000_000,
  infill: 'qwen2.5-coder',
  infillProblem: '',
  chosenFor: ['completion'],
};

describe('the explanation', () => {
  it('says who made the suggestion, how long it took, and with how many tokens', () => {
    const lines = explanation(trace, null).split('\n');

    expect(lines[0]).toBe('It was computed for an earlier key. Made by the model qwen.');
    expect(lines[1]).toBe('Confidence: 71 %');
    expect(lines).toContain('  cache            0.3 ms');
    expect(lines).toContain('  evaluated now    2');
  });

  it('says why there was none', () => {
    const none: Trace = { ...trace, reason: 'The line is very long.', confidence: null };

    expect(explanation(none, null).split('\n')[0]).toBe(
      'Nothing was suggested. The line is very long.',
    );
  });

  it('has words for the time before the first key', () => {
    expect(explanation(null, null)).toBe('Nothing was suggested yet.\n');
  });
});

describe("the doctor's report", () => {
  it('puts what to do below what is wrong', () => {
    const report = doctorReport(
      [
        { name: 'python', level: 'ok', detail: '3.12', hint: '' },
        { name: 'memory', level: 'error', detail: '1 GB', hint: 'Use a smaller model.' },
      ],
      'Ownstack: ready.',
      '3 calls',
    );

    expect(report.split('\n')).toEqual([
      'Ownstack: ready.',
      '',
      'ok       python  3.12',
      'ERROR    memory  1 GB',
      '                 → Use a smaller model.',
      '',
      'Extension: 3 calls',
      '',
    ]);
  });
});

describe('the list of models', () => {
  it('marks the chosen one and says how big it is', () => {
    expect(modelChoices([model])).toEqual([
      {
        label: '$(check) qwen',
        description: '1.5 billion parameters, 1.6 GB',
        detail: '/models/qwen.gguf',
        name: 'qwen',
      },
    ]);
  });

  it('says why one cannot complete', () => {
    const chat = { ...model, infill: '', infillProblem: 'It has no infill markers.', chosenFor: [] };

    expect(modelChoices([chat])[0]?.detail).toBe('Cannot complete: It has no infill markers.');
  });
});
