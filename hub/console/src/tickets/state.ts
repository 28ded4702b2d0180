import type { Ticket } from '../api/types';
import { parseTime } from '../format/time';

const closed = new Set(['closed', 'merged', 'false-alarm', 'self-cleared', 'cancelled', 'referred']);
const working = new Set(['accepted', 'en-route', 'on-site', 'in-progress', 'on-hold', 'whistled', 'reopened']);

/** The console's commands, in the order of their buttons. */
export const commandNames = ['accept', 'fixed', 'cancel'] as const;
export type CommandName = (typeof commandNames)[number];

export function stateWord(ticket: Pick<Ticket, 'state'>): string {
  return ticket.state.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase().replaceAll('_', '-');
}

export function isClosed(ticket: Pick<Ticket, 'state'>): boolean {
  return closed.has(stateWord(ticket));
}

/** What may be done now: what the hub says, else by the state table (accept when dispatched, fixed while working on it, cancel while open). */
export function commandsOf(ticket: Pick<Ticket, 'state' | 'commands'>): CommandName[] {
  if (ticket.commands) return commandNames.filter((name) => ticket.commands!.includes(name));
  if (isClosed(ticket)) return [];
  const state = stateWord(ticket);
  return commandNames.filter((name) =>
    name === 'accept' ? state === 'dispatched' || state === 'reopened' : name === 'fixed' ? working.has(state) : state !== 'candidate');
}

export interface Due { name: string; at: number }

/** Deadlines that have a time, the nearest first. */
export function duesOf(ticket: Pick<Ticket, 'due'>): Due[] {
  return Object.entries(ticket.due ?? {})
    .map(([name, time]) => ({ name, at: parseTime(time) }))
    .filter((due) => Number.isFinite(due.at))
    .sort((a, b) => a.at - b.at);
}

/** When the ticket began to count for people: opened, else first alarm. */
export function beganAt(ticket: Pick<Ticket, 'opened_at' | 'raised_at'>): number {
  return parseTime(ticket.opened_at ?? ticket.raised_at);
}

/** A key that makes sending a command twice harmless; `randomUUID` exists only on https and localhost. */
export function idempotencyKey(): string {
  return typeof crypto.randomUUID === 'function' ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
