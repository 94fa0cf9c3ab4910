/** Figures as people read them. */

import type { ChatProgress, ChatUsage } from '../chatProtocol.js';

const NUMBER = new Intl.NumberFormat('en');

export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${NUMBER.format(value)} ${value === 1 ? noun : plural}`;
}

export function number(value: number): string {
  return NUMBER.format(Math.round(value));
}

/** Returns a duration: `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Returns how long something still takes, as roughly as it is known. */
export function estimate(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 10) return `about ${seconds} s left`;
  if (seconds < 60) return `about ${Math.round(seconds / 5) * 5} s left`;
  return `about ${count(Math.round(seconds / 60), 'minute')} left`;
}

/** Returns what is done for a question just now, in words. */
export function phaseWords({ phase, done, total, leftMs }: ChatProgress): string {
  const left = leftMs === null ? '' : `, ${estimate(leftMs)}`;
  switch (phase) {
    case 'waiting':
      return 'Waiting for the questions before it';
    case 'loading':
      return total ? `Loading the model, ${Math.round((100 * done) / total)} %` : 'Loading the model';
    case 'searching':
      return 'Searching the project';
    case 'compacting':
      return 'Summing up what is old, to make room';
    case 'reading':
      return total ? `Reading ${number(done)} of ${count(total, 'token')}${left}` : 'Reading';
    case 'looking':
      return 'Looking something up';
    case 'writing':
      return 'Writing';
  }
}

/** Returns the day and time of something, or the time alone if it was today. */
export function moment(secondsSince1970: number, now = new Date()): string {
  const at = new Date(secondsSince1970 * 1000);
  const today = at.toDateString() === now.toDateString();
  const time = at.toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false });
  if (today) return time;
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return `${at.toLocaleDateString('en', { month: 'short', day: 'numeric', ...year })}, ${time}`;
}

/** Returns what an answer cost: tokens read (of which new ones), tokens written, time. */
export function usageWords(usage: ChatUsage): string {
  const about = usage.estimated ? 'about ' : '';
  const read = usage.promptTokens ? `read ${about}${number(usage.promptTokens)} (${number(usage.evaluatedTokens)} new), ` : '';
  const speed = usage.decodeMs > 0 ? `, ${number((1000 * usage.generatedTokens) / usage.decodeMs)}/s` : '';
  const time = duration(usage.prefillMs + usage.decodeMs);
  return `${read}wrote ${about}${count(usage.generatedTokens, 'token')}${speed}, ${time}`;
}
