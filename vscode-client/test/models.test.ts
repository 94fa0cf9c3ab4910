import { describe, expect, it } from 'vitest';

import { consent, modelGroups, roleChoices, servedRows, type ModelChoice } from '../src/modelList.js';
import type { Model, ModelOffersResult, ModelsResult, Offer, RoleStatus, ServedModel } from '../src/protocol.js';

const MODEL: Model = {
  name: 'qwen',
  path: '/models/qwen.gguf',
  sizeBytes: 1_650_000_000,
  parameters: 1_540_000_000,
  infill: 'qwen2.5-coder',
  infillProblem: '',
  memoryBytes: 1_900_000_000,
  program: '',
  chosenFor: [],
  problems: {},
};
const BUILTIN = { ...MODEL, name: 'builtin', path: '/builtin.gguf', problems: { chat: 'It has no chat template.' } };
const OFFER: Offer = {
  name: 'coder-1.5b',
  title: 'Coder 1.5B',
  sizeBytes: 1_100_000_000,
  begunBytes: 0,
  license: 'apache-2.0',
  commercial: true,
  parameters: 1_540_000_000,
  contextTokens: 4_096,
  memoryBytes: 1_400_000_000,
  tokensPerS: 33.6,
  measured: false,
  recommended: true,
  reason: 'The best of the catalogue that fits (main memory).',
  advised: true,
  blocked: '',
  installedAs: '',
};
const OTHER = { ...OFFER, name: 'coder-0.5b', title: 'Coder 0.5B', recommended: false, reason: '' };
const HUGE = { ...OFFER, name: 'coder-480b', title: 'Coder 480B', recommended: false, advised: false, reason: 'It needs 300.0 GB, and 10.0 GB are for models.' };
const SERVED: ServedModel = { name: 'gpu:big', engine: 'gpu', host: 'gpu.example', leavesMachine: true, chosenFor: [], problems: {} };

interface Given extends Partial<ModelsResult> {
  inUse?: string;
  role?: string;
  offers?: Offer[];
  reason?: string;
}

function groups({ inUse = 'builtin', role = 'completion', offers = [], reason = '', ...models }: Given): Record<string, ModelChoice[]> {
  const all = { models: [BUILTIN], found: [], freeBytes: 4e9, served: [], servers: [], ...models };
  const offered: ModelOffersResult = { role, machine: '', reason, host: 'hub.example', offers };
  return Object.fromEntries(modelGroups(inUse, all, offered).map(({ title, rows }) => [title, rows]));
}

describe('the list of models', () => {
  it('begins with the one in use', () => {
    const found = groups({ inUse: 'qwen', models: [BUILTIN, MODEL] });

    expect(Object.keys(found)).toEqual(['in use', 'here', 'any other']);
    expect(found['in use']).toEqual([
      {
        label: '$(check) qwen',
        description: '1.5 billion parameters, 1.6 GB',
        detail: 'Fits (needs 1.9 GB of memory) · /models/qwen.gguf',
        action: { does: 'use', name: 'qwen' },
      },
    ]);
    expect(found.here?.map(({ label }) => label)).toEqual(['Built-in completer', 'No model']);
  });

  it('says when no model is in use', () => {
    expect(groups({ inUse: '' })['in use']?.[0]?.label).toBe('$(check) No model');
  });

  it('says whether one fits into memory', () => {
    const [row] = groups({ models: [MODEL], freeBytes: 1e9 }).here ?? [];

    expect(row?.detail).toContain('Too large now (needs 1.9 GB of memory, 1.0 GB are free)');
  });

  it('has those that cannot play the role last, with the reason', () => {
    const chat = { ...MODEL, name: 'talker', infill: '', infillProblem: 'It has no infill markers.', problems: { completion: 'It cannot complete.' } };
    const rows = groups({ models: [chat, MODEL] }).here ?? [];

    expect(rows.map(({ label }) => label)).toEqual(['qwen', 'No model', 'talker']);
    expect(rows.at(-1)).toMatchObject({
      detail: '$(circle-slash) It cannot complete: It has no infill markers.',
      action: { does: 'explain', reason: 'talker: It cannot complete: It has no infill markers.' },
    });
    expect(groups({ role: 'chat', inUse: 'talker', models: [BUILTIN, chat] }).here?.map(({ action }) => action.does)).toEqual(['use', 'explain']);
  });

  it('has those of other programs that can play the role, to be chosen by their path', () => {
    const ollama = { ...MODEL, name: 'qwen2.5-coder:0.5b', path: '/blobs/sha256-1', program: 'Ollama' };
    const chat = { ...ollama, problems: { completion: 'No.' } };

    expect(groups({ found: [ollama, chat] })['from other programs on this disk']).toEqual([
      {
        label: 'qwen2.5-coder:0.5b',
        description: '1.5 billion parameters, 1.6 GB',
        detail: 'Fits (needs 1.9 GB of memory) · Ollama · /blobs/sha256-1',
        action: { does: 'use', name: '/blobs/sha256-1' },
      },
    ]);
  });

  it('offers what is recommended, with its licence in words, and what is not advised apart', () => {
    const found = groups({ offers: [OFFER, OTHER, HUGE] });

    expect(found['to download']?.map(({ label }) => label)).toEqual(['$(star-full) Coder 1.5B', '$(cloud-download) Coder 0.5B']);
    expect(found['to download']?.[0]).toEqual({
      label: '$(star-full) Coder 1.5B',
      description: 'recommended · 1.1 GB · Apache 2.0: free for any use',
      detail: 'The best of the catalogue that fits (main memory). · Writes about 34 tokens a second · needs 1.4 GB of memory with 4,096 tokens',
      action: { does: 'download', offer: OFFER },
    });
    expect(found['to download, but not advised here']?.[0]?.detail).toBe(HUGE.reason);
  });

  it('says why one cannot be downloaded, and does not offer to', () => {
    const blocked = 'Nothing is downloaded: the setting ownstack.models.offline is on. Turn it off, or add a file that is here: ownstack models add PATH';
    const [row] = groups({ offers: [{ ...OFFER, blocked }] })['to download'] ?? [];

    expect(row?.label).toBe('$(circle-slash) Coder 1.5B');
    expect(row?.detail).toContain('ownstack.models.offline is on');
    expect(row?.detail).not.toContain('ownstack models add');
    expect(row?.action.does).toBe('explain');
  });

  it('has what is here already only there, and says that it is recommended', () => {
    const found = groups({ models: [MODEL], offers: [{ ...OFFER, installedAs: 'qwen' }] });

    expect(found['to download']).toBeUndefined();
    expect(found.here?.[0]?.description).toBe('1.5 billion parameters, 1.6 GB, recommended');
  });

  it('says why nothing is recommended', () => {
    expect(groups({ reason: 'None fits.' }).recommended).toMatchObject([{ detail: 'None fits.', action: { does: 'explain' } }]);
  });

  it('asks a server only when its row is chosen', () => {
    const server = { name: 'gpu', host: 'gpu.example', local: false };
    const rows = groups({ role: 'chat', served: [SERVED], servers: [server] })['on servers'];

    expect(rows).toMatchObject([
      { label: 'gpu:big', description: 'leaves this machine', detail: 'What it is given is sent to gpu.example' },
      { label: '$(server) Ask gpu for its models…', description: 'gpu.example', action: { does: 'ask', server } },
    ]);
  });

  it('draws no icons and breaks no lines for names that others gave', () => {
    const [row] = servedRows([{ ...SERVED, name: 'gpu:$(error)\nall' }], 'chat');

    expect(row?.label).toBe('gpu:$ (error) all');
  });

  it('says what may not be sent to a server', () => {
    const [row] = servedRows([{ ...SERVED, problems: { chat: 'gpu:big runs on another machine.' } }], 'chat');

    expect(row).toMatchObject({ detail: '$(circle-slash) gpu:big runs on another machine.', action: { does: 'explain' } });
  });
});

describe('the question before a download', () => {
  const offered: ModelOffersResult = { role: 'chat', machine: '', reason: '', host: 'hub.example', offers: [] };

  it('names host and size, and what follows', () => {
    const { question, detail } = consent(OFFER, offered);

    expect(question).toBe('Download Coder 1.5B (1.1 GB) from hub.example?');
    expect(detail).toContain('Licence: Apache 2.0: free for any use.');
    expect(detail).toContain('used for chat in all windows');
    expect(detail).toContain('Nothing is fetched unless you press Download.');
    expect(detail).not.toContain('Not advised');
  });

  it('says what speaks against it, and what is here already', () => {
    const { detail } = consent({ ...HUGE, begunBytes: 5e8, license: 'own', commercial: false }, offered);

    expect(detail).toContain('Not advised here: It needs 300.0 GB');
    expect(detail).toContain('500 MB of it are here');
    expect(detail).toContain('own: not for commercial use');
  });
});

describe('the list of roles', () => {
  const status = (role: string, model: string, state: RoleStatus['state'] = 'ready', reason = ''): RoleStatus => {
    return { role, model, state, reason, engine: '', leavesMachine: false, explanation: '', adapters: [] };
  };

  it('says which model plays each, and why one does not', () => {
    const rows = roleChoices([status('completion', 'builtin'), status('chat', 'talker', 'error', 'talker has no chat template.')]);

    expect(rows.map(({ role, description }) => [role, description]).slice(0, 3)).toEqual([
      ['completion', 'Built-in completer'],
      ['chat', 'talker'],
      ['edit', 'no model'],
    ]);
    expect(rows[1]?.detail).toContain('Not in use: talker has no chat template.');
  });
});
