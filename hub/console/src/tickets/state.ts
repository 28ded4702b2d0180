import type { Ticket } from '../api/types';
import { parseTime } from '../format/time';

/** Published states of a ticket that is a promise of work, and those of one that has ended. Candidates are not for people. */
export const openStates = ['open', 'dispatched', 'accepted', 'en-route', 'on-site', 'in-progress', 'on-hold', 'whistled', 'pending-verify', 'pending-callback', 'reopened', 'returned'] as const;
export const closedStates = ['closed', 'merged', 'false-alarm', 'self-cleared', 'cancelled', 'referred'] as const;
const closed = new Set<string>([...closedStates, 'dropped']);
/** The console's commands, in the order of their buttons. What each asks for is in `forms`. */
export const commandNames = [
  'accept', 'depart', 'arrive', 'start', 'safe', 'fixed', 'no-fault', 'hold',
  'resume', 'ask-extension', 'return', 'assign', 'whistle', 'report-in', 'task-done', 'whistle-done',
  'co-done', 'dispatch', 'inspect', 'reject', 'confirm-false-alarm', 'callback', 'not-fixed', 'approve-extension',
  'refuse-extension', 'escalate', 'ask-owner', 'set-owner', 'merge', 'unmerge', 'refer', 'flag-audit',
  'cancel',
] as const;
export type CommandName = (typeof commandNames)[number];

export function stateWord(ticket: Pick<Ticket, 'state'>): string {
  return ticket.state.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase().replaceAll('_', '-');
}

export function isClosed(ticket: Pick<Ticket, 'state'>): boolean {
  return closed.has(stateWord(ticket));
}

/** What the hub says may be done now. */
export function commandsOf(ticket: Pick<Ticket, 'commands'>): CommandName[] {
  return commandNames.filter((name) => ticket.commands?.includes(name));
}

/** Deadlines that people keep. The others (`wait`, `verify`, `self_clear`) are the system's own timers, which nobody can miss. */
const promises = new Set(['accept', 'on-site', 'safe', 'fix', 'triage', 'callback', 'report-in', 'verify-limit']);

export interface Due { name: string; at: number; promise: boolean }

/** Deadlines that have a time, the nearest first. */
export function duesOf(ticket: Pick<Ticket, 'due'>): Due[] {
  return Object.entries(ticket.due ?? {})
    .map(([key, time]) => {
      const name = key.replaceAll('_', '-');
      return { name, at: parseTime(time), promise: promises.has(name) };
    })
    .filter((due) => Number.isFinite(due.at))
    .sort((a, b) => a.at - b.at);
}

/** A promise to people is broken: the sensors did not agree in time, or a deadline of theirs has passed. */
export function isOverdue(ticket: Pick<Ticket, 'state' | 'due' | 'verify_overdue'>, now: number): boolean {
  return !isClosed(ticket) && (ticket.verify_overdue === true || duesOf(ticket).some((due) => due.promise && due.at < now));
}

/** When the ticket began to count for people: opened, else first alarm. */
export function beganAt(ticket: Pick<Ticket, 'opened_at' | 'raised_at'>): number {
  return parseTime(ticket.opened_at ?? ticket.raised_at);
}

/** A key that makes sending a command twice harmless; `randomUUID` exists only on https and localhost. */
export function idempotencyKey(): string {
  return typeof crypto.randomUUID === 'function' ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
