import { queryOptions } from '@tanstack/react-query';
import { parseDuration } from '../format/time';
import { limitsOf } from '../chart/series';
import { closedStates, openStates } from '../tickets/state';
import { all, call } from './client';
import type { Alarm, Clock, Complaint, ComplaintAnswer, DeadLetter, Device, Page, Point, RawLimit, ReadingItem, Session, Summary, Ticket } from './types';

/** Most points that the list holds; more are cut off and said so. */
export const maxPoints = 5000;
const maxRows = 2000;

export const getSession = () => call<Session>('GET', 'session');
export const signIn = (name: string, password: string) => call<Session>('POST', 'session', { body: { name, password } });
export const signOut = () => call<void>('DELETE', 'session');
export const getClock = () => call<Clock>('GET', 'clock');

export const summaryQuery = queryOptions({ queryKey: ['summary'], queryFn: ({ signal }) => call<Summary>('GET', 'summary', { signal }), refetchInterval: 15_000 });

export const pointsQuery = queryOptions({ queryKey: ['points'], queryFn: ({ signal }) => all<Point>('points', maxPoints, signal), refetchInterval: 60_000 });

export const devicesQuery = queryOptions({ queryKey: ['devices'], queryFn: ({ signal }) => all<Device>('devices', maxRows, signal), refetchInterval: 30_000 });

export const deadLettersQuery = queryOptions({
  queryKey: ['deadletters'],
  queryFn: ({ signal }) => call<Page<DeadLetter>>('GET', 'deadletters?limit=200', { signal }),
  refetchInterval: 30_000,
});

export const activeAlarmsQuery = queryOptions({ queryKey: ['alarms', 'active'], queryFn: ({ signal }) => all<Alarm>('alarms?state=active', maxRows, signal), refetchInterval: 60_000 });

export const clearedAlarmsQuery = queryOptions({ queryKey: ['alarms', 'cleared'], queryFn: ({ signal }) => call<Page<Alarm>>('GET', 'alarms?state=cleared&limit=500', { signal }) });

export const pointAlarmsQuery = (point: string) => queryOptions({
  queryKey: ['alarms', 'point', point],
  queryFn: ({ signal }) => all<Alarm>(`alarms?point=${encodeURIComponent(point)}`, 500, signal),
});

export const limitsQuery = (point: string) => queryOptions({
  queryKey: ['limits', point],
  queryFn: async ({ signal }) => limitsOf((await call<Page<RawLimit>>('GET', `points/${encodeURIComponent(point)}/limits`, { signal })).items),
});

export type TicketStatus = 'open' | 'closed';

export const ticketsQuery = (status: TicketStatus) => queryOptions({
  queryKey: ['tickets', status],
  queryFn: ({ signal }) => all<Ticket>(`tickets?state=${(status === 'open' ? openStates : closedStates).join(',')}`, status === 'open' ? maxRows : 500, signal),
  refetchInterval: 60_000,
});

export const ticketQuery = (id: string) => queryOptions({
  queryKey: ['tickets', 'one', id],
  queryFn: ({ signal }) => call<Ticket>('GET', `tickets/${encodeURIComponent(id)}`, { signal }),
});

/** Sends one command; `key` makes a repeated sending harmless, `version` refuses it when somebody else was first. */
export const commandTicket = (ticket: Ticket, name: string, body: Record<string, unknown>, key: string) =>
  call<Ticket | undefined>('POST', `tickets/${encodeURIComponent(ticket.id)}/commands/${encodeURIComponent(name)}`, {
    body,
    headers: { 'if-match': `"${ticket.version}"`, 'idempotency-key': key },
  });

export const complaintsQuery = (waiting: boolean) => queryOptions({
  queryKey: ['complaints', waiting],
  queryFn: ({ signal }) => call<Page<Complaint>>('GET', `complaints?limit=500${waiting ? '&has_ticket=false' : ''}`, { signal }),
  refetchInterval: 30_000,
});

/** `key` makes a repeated sending harmless. */
export const addComplaint = (body: Record<string, unknown>, key: string) => call<ComplaintAnswer>('POST', 'complaints', { body, headers: { 'idempotency-key': key } });

export interface ReadingsAsked { point: string; from: number; to: number; every?: string; fn?: string; limit?: number }

export function getReadings(asked: ReadingsAsked, signal?: AbortSignal): Promise<Page<ReadingItem>> {
  const query = new URLSearchParams({
    point: asked.point,
    from: new Date(asked.from).toISOString(),
    to: new Date(asked.to).toISOString(),
    limit: String(asked.limit ?? 1000),
  });
  if (asked.every) {
    if (parseDuration(asked.every) <= 0) throw new RangeError(`every: ${asked.every}`);
    query.set('every', asked.every);
    query.set('fn', asked.fn ?? 'mean');
  }
  return call<Page<ReadingItem>>('GET', `readings?${query}`, { signal });
}
