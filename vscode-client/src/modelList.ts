/** The models one may choose for a role, in groups and in words: size, licence, speed, what they cannot do. */

import type { Model, ModelOffersResult, ModelsResult, Offer, ServedModel, ServerEntry, Status } from './protocol.js';
import { BUILTIN } from './reports.js';
import { forEditor } from './wording.js';

/** What choosing a row does. */
export type Action =
  | { does: 'use'; name: string }
  | { does: 'download'; offer: Offer }
  | { does: 'ask'; server: ServerEntry }
  | { does: 'addFile' }
  /** It cannot be chosen, and this is why. */
  | { does: 'explain'; reason: string };

export interface ModelChoice {
  label: string;
  description: string;
  detail: string;
  action: Action;
}

export interface Group {
  title: string;
  rows: ModelChoice[];
}

export type Role = 'completion' | 'chat' | 'edit' | 'summary' | 'embedding';

export interface RoleChoice {
  label: string;
  description: string;
  detail: string;
  role: Role;
}

const ROLES: readonly (readonly [Role, string, string])[] = [
  ['completion', 'Completion', 'The grey text that follows your cursor.'],
  ['chat', 'Chat', 'Answers questions.'],
  ['edit', 'Editing', 'Changes code as you ask. To come: until then the choice is only kept.'],
  ['summary', 'Summaries', 'Sums up long conversations. To come: until then the choice is only kept.'],
  ['embedding', 'Embedding', 'Tells which texts mean the same. To come: until then the index uses its own table.'],
];

/** Returns the roles, each with the model that plays it. */
export function roleChoices(roles: Status['roles']): RoleChoice[] {
  return ROLES.map(([role, label, detail]) => {
    const now = roles.find((status) => status.role === role);
    const wrong = now?.state === 'error' ? ` Not in use: ${forEditor(now.reason)}` : '';
    return { role, label, description: now?.model ? plain(title(now.model)) : 'no model', detail: plain(detail + wrong) };
  });
}

/** Returns what a role is called within a sentence. */
export function roleWord(role: string): string {
  return (ROLES.find(([name]) => name === role)?.[1] ?? role).toLowerCase();
}

/** Returns the groups of a role's list; those without a row are left out. `inUse`: the model that plays it. */
export function modelGroups(inUse: string, models: ModelsResult, offered: ModelOffersResult): Group[] {
  const { role, offers } = offered;
  const recommended = offers.find((offer) => offer.recommended)?.installedAs;
  const here = [
    ...models.models.map((model) => ofModel(model, model.name, role, models.freeBytes, model.name === recommended)),
    noModel(role),
  ];
  const served = models.served.map((model) => ofServed(model, role));
  const isInUse = ({ action }: ModelChoice): boolean => action.does === 'use' && action.name === (inUse || 'none');
  const used = [...here, ...served].filter(isInUse).map((row) => ({ ...row, label: `$(check) ${row.label}` }));
  const others = (rows: ModelChoice[]): ModelChoice[] => usableFirst(rows.filter((row) => !isInUse(row)));
  const missing = offers.filter(({ installedAs }) => !installedAs);
  const found = models.found.filter(({ problems }) => !problems[role]);
  const groups: Group[] = [
    { title: 'in use', rows: used },
    { title: 'here', rows: others(here) },
    { title: 'recommended', rows: offered.reason ? [noneRecommended(offered.reason)] : [] },
    { title: 'to download', rows: missing.filter(({ advised }) => advised).map(ofOffer) },
    { title: 'from other programs on this disk', rows: found.map((model) => ofModel(model, model.path, role, models.freeBytes)) },
    { title: 'on servers', rows: [...others(served), ...models.servers.map(ofServer)] },
    { title: 'to download, but not advised here', rows: missing.filter(({ advised }) => !advised).map(ofOffer) },
    { title: 'any other', rows: [{ label: '$(add) Add a GGUF file…', description: '', detail: '', action: { does: 'addFile' } }] },
  ];
  return groups.filter(({ rows }) => rows.length);
}

/** Returns what a server has, as rows. */
export function servedRows(models: readonly ServedModel[], role: string): ModelChoice[] {
  return usableFirst(models.map((model) => ofServed(model, role)));
}

/** Returns what is asked before a download: a question, and all one should know of it. */
export function consent(offer: Offer, { host, role }: ModelOffersResult): { question: string; detail: string } {
  const { title, sizeBytes, begunBytes, advised, reason } = offer;
  const begun = begunBytes ? ` ${megabytes(begunBytes)} of it are here from an earlier attempt.` : '';
  const lines = [
    `${megabytes(sizeBytes)} from ${host}, which may pass the request on to its storage.${begun}`,
    `Licence: ${licence(offer)}.`,
    ...(advised ? [] : [`Not advised here: ${forEditor(reason)}`]),
    `It is checked, kept on this machine, and used for ${roleWord(role)} in all windows.`,
    'Nothing is fetched unless you press Download.',
  ];
  return { question: `Download ${title} (${megabytes(sizeBytes)}) from ${host}?`, detail: lines.join('\n') };
}

function ofModel(model: Model, name: string, role: string, freeBytes: number, recommended = false): ModelChoice {
  const { parameters, sizeBytes, path, program } = model;
  const problem = problemOf(model, role);
  const size = [parameters ? millions(parameters) : '', sizeBytes ? megabytes(sizeBytes) : '', recommended ? 'recommended' : ''];
  const where = [fit(model, freeBytes), program, path];
  return {
    label: plain(title(model.name)),
    description: size.filter(Boolean).join(', '),
    detail: problem ? `$(circle-slash) ${plain(problem)}` : plain(where.filter(Boolean).join(' · ')),
    action: problem ? { does: 'explain', reason: `${title(model.name)}: ${problem}` } : { does: 'use', name },
  };
}

/** The built-in one completes, or its file is missing; what is wrong with it is told elsewhere. */
function problemOf({ name, infillProblem, problems }: Model, role: string): string {
  if (name === BUILTIN && role === 'completion') return '';
  return forEditor(role === 'completion' && infillProblem ? `It cannot complete: ${infillProblem}` : (problems[role] ?? ''));
}

function noModel(role: string): ModelChoice {
  const description = role === 'completion' ? 'only what your files say (echo)' : 'nothing does this';
  return { label: 'No model', description, detail: '', action: { does: 'use', name: 'none' } };
}

function noneRecommended(said: string): ModelChoice {
  const reason = forEditor(said);
  return { label: '$(info) No download', description: '', detail: plain(reason), action: { does: 'explain', reason } };
}

function ofOffer(offer: Offer): ModelChoice {
  const { recommended, reason, blocked, memoryBytes, tokensPerS, measured, begunBytes, contextTokens } = offer;
  const about = measured ? '' : 'about ';
  const more = [
    tokensPerS === null ? '' : `Writes ${about}${Math.round(tokensPerS)} tokens a second`,
    memoryBytes ? `needs ${megabytes(memoryBytes)} of memory with ${contextTokens.toLocaleString('en')} tokens` : '',
  ];
  // What speaks against one says its figures.
  const facts = [
    forEditor(reason),
    ...(offer.advised ? more : []),
    begunBytes ? `${megabytes(begunBytes)} are here already` : '',
  ];
  const icon = blocked ? 'circle-slash' : recommended ? 'star-full' : 'cloud-download';
  const why = forEditor(blocked);
  return {
    label: `$(${icon}) ${plain(offer.title)}`,
    description: plain([recommended ? 'recommended' : '', megabytes(offer.sizeBytes), licence(offer)].filter(Boolean).join(' · ')),
    detail: plain(blocked ? why : facts.filter(Boolean).join(' · ')),
    action: blocked ? { does: 'explain', reason: why } : { does: 'download', offer },
  };
}

function ofServed(model: ServedModel, role: string): ModelChoice {
  const problem = forEditor(model.problems[role] ?? '');
  const where = model.leavesMachine ? `What it is given is sent to ${model.host}` : 'On this machine';
  return {
    label: plain(model.name),
    description: model.leavesMachine ? 'leaves this machine' : '',
    detail: problem ? `$(circle-slash) ${plain(problem)}` : where,
    action: problem ? { does: 'explain', reason: problem } : { does: 'use', name: model.name },
  };
}

function ofServer(server: ServerEntry): ModelChoice {
  return {
    label: `$(server) Ask ${plain(server.name)} for its models…`,
    description: server.local ? 'on this machine' : plain(server.host),
    detail: '',
    action: { does: 'ask', server },
  };
}

function usableFirst(rows: ModelChoice[]): ModelChoice[] {
  const unusable = ({ action }: ModelChoice): boolean => action.does === 'explain';
  return [...rows.filter((row) => !unusable(row)), ...rows.filter(unusable)];
}

// SPDX names and publishers' own → what they mean.
const LICENCES: Record<string, string> = {
  'apache-2.0': 'Apache 2.0: free for any use',
  mit: 'MIT: free for any use',
  gemma: 'Gemma terms: free within the uses that Google allows',
  deepseek: 'DeepSeek licence: free but for uses that it forbids',
  'llama3.3': 'Llama 3.3 licence: free but for very large companies and uses that it forbids',
  'qwen-research': 'Qwen Research: not for commercial use',
  'mnpl-0.1': 'Mistral non-production: not for commercial use',
};

function licence({ license, commercial }: Offer): string {
  return LICENCES[license] ?? `${license}: ${commercial ? 'commercial use allowed' : 'not for commercial use'}`;
}

function fit({ memoryBytes, name }: Model, freeBytes: number): string {
  if (name === BUILTIN || !memoryBytes) return '';
  const needs = `needs ${megabytes(memoryBytes)} of memory`;
  return memoryBytes <= freeBytes ? `Fits (${needs})` : `Too large now (${needs}, ${megabytes(freeBytes)} are free)`;
}

function title(name: string): string {
  return name === BUILTIN ? 'Built-in completer' : name;
}

/** Names come from files and servers: they draw no icons and break no lines. */
function plain(text: string): string {
  return text.replaceAll('$(', '$ (').replace(/\s+/g, ' ');
}

function millions(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} billion parameters`;
  return count >= 1e6 ? `${Math.round(count / 1e6)} million parameters` : '';
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
