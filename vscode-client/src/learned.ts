/** What was learned, in words: lines of the status, rows of a list, and what can be done with each. */

import type { AdaptersResult, AdapterStatus, LearnedAdapter } from './learningProtocol.js';
import type { RoleStatus } from './protocol.js';

/** Returns what serves with the models in use, and what one would expect to, a line each. */
export function adapterLines(roles: readonly RoleStatus[]): string[] {
  return roles.flatMap(({ role, adapters }) => {
    const names = adapters.filter(({ serves }) => serves).map(statusName);
    const used = names.length ? [`Learned, used for ${role}: ${names.join(', ')}`] : [];
    return [...used, ...adapters.filter(({ serves }) => !serves).map(unused)];
  });
}

function statusName({ name, scope, project }: AdapterStatus): string {
  const folder = folderName(project);
  return scope === 'project' && folder !== name ? `${name} (from ${folder})` : name;
}

function unused(adapter: AdapterStatus): string {
  return `Learned, not used: ${statusName(adapter)}. ${adapter.reason}`;
}

/** Returns how a sentence goes on about what served with a model; "" for nothing. */
export function withAdapters(names: readonly string[]): string {
  return names.length ? `, with what it learned (${names.join(', ')})` : '';
}

/** What can be done with an adapter. */
export type Deed = 'use' | 'rollBack' | 'report';

export interface AdapterRow {
  label: string;
  description: string;
  detail: string;
  adapter: LearnedAdapter;
}

export interface AdapterGroup {
  title: string;
  rows: AdapterRow[];
}

/** Returns the list of what was learned: here, for all projects, and elsewhere. */
export function adapterGroups({ adapters }: AdaptersResult, folders: readonly string[]): AdapterGroup[] {
  const here = ({ project, scope }: LearnedAdapter): boolean => scope === 'project' && folders.some((folder) => within(folder, project));
  const groups = [
    { title: 'from this project', rows: adapters.filter(here) },
    { title: 'for every project', rows: adapters.filter(({ scope }) => scope === 'generic') },
    { title: 'from other projects', rows: adapters.filter((one) => one.scope === 'project' && !here(one)) },
  ];
  return groups.filter(({ rows }) => rows.length).map(({ title, rows }) => ({ title, rows: rows.map(row) }));
}

function within(folder: string, project: string): boolean {
  const [inner, outer] = [comparable(folder), comparable(project)];
  const ends = outer.endsWith('/') || outer.endsWith('\\');
  return inner === outer || (outer !== '' && inner.startsWith(ends ? outer : `${outer}${inner.includes('\\') ? '\\' : '/'}`));
}

/** Editors write the letter of a drive small, and Windows tells no small letters from large ones. */
function comparable(path: string): string {
  return /^[A-Za-z]:\\|^\\\\/.test(path) ? path.toLowerCase() : path;
}

function row(adapter: LearnedAdapter): AdapterRow {
  const { name, role, model, project, created, serves, problem, reason } = adapter;
  return {
    label: `$(${serves ? 'check' : problem ? 'warning' : 'circle-slash'}) ${name}`,
    description: `${standing(adapter)} · for ${role} with ${model}`,
    detail: [`${day(created)}.`, problem || reason, project].filter(Boolean).join(' '),
    adapter,
  };
}

/** Says in a word or two whether an adapter serves, and if not, why in short. */
export function standing({ serves, problem, standing: word }: LearnedAdapter): string {
  if (serves) return 'in use';
  if (problem) return 'cannot be used';
  return { new: 'not judged yet', aside: 'no better, set aside', fit: 'not in use' }[word];
}

export interface DeedRow {
  label: string;
  detail: string;
  deed: Deed;
}

/** Returns what can be done with an adapter, the likeliest first. */
export function deeds({ name, serves, problem, standing: word, reason }: LearnedAdapter): DeedRow[] {
  const rows: DeedRow[] = [];
  if (serves) {
    rows.push({ label: '$(discard) Go Back', detail: `What served before ${name} serves again, or the model alone.`, deed: 'rollBack' });
  } else if (!problem) {
    const tested = word === 'fit';
    rows.push({
      label: tested ? '$(check) Use It' : '$(check) Use It All the Same',
      detail: tested ? 'From the next suggestion on, in all windows.' : reason || 'Nobody has judged yet whether it is better.',
      deed: 'use',
    });
  }
  rows.push({ label: '$(graph) Open Its Report', detail: 'What it learned from, and what came of it.', deed: 'report' });
  return rows;
}

/** Returns what was done, as a sentence. */
export function done(deed: Exclude<Deed, 'report'>, { id, name, role, scope, project, model }: LearnedAdapter, { adapters }: AdaptersResult): string {
  if (deed === 'use') return `${name} is used for ${role} with ${model} now.`;
  const before = adapters.find((one) => one.serves && one.id !== id && one.role === role && one.model === model && one.scope === scope && one.project === project);
  return before ? `${before.name} is used again.` : `${name} is not used any more.`;
}

function day(created: string): string {
  const time = new Date(created);
  if (Number.isNaN(time.getTime())) return 'Learned some time ago';
  return `Learned on ${time.toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })}`;
}

export function folderName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}
