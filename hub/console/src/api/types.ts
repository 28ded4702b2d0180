/** Shapes of the hub's HTTP API (`/api/v1`) as the console reads them. Times are RFC 3339 UTC; `null` and absent mean the same. */

export type ReadingValue = number | boolean | string | null;

/** Doubt about a reading: the integer flags of the store, or their words. */
export type RawQuality = number | string | readonly string[] | null | undefined;

export interface Page<T> { items: T[]; next?: string | null }

export interface Session { user: string; role: string; csrf: string }

export interface Clock { now: string; speed: number }

export interface Summary {
  devices_online: number;
  devices: number;
  points: number;
  alarms_active: number;
  tickets_open: number;
  tickets_closed: number;
  handled_before_complaint: number;
}

export interface Point {
  id: string;
  site: string;
  device: string;
  name: string;
  kind: string;
  unit?: string | null;
  asset?: string | null;
  labels?: Record<string, string> | null;
  last?: { time: string; value: ReadingValue; quality?: RawQuality } | null;
  /** `ok`, `p1`…`p5`, `silent`. */
  state?: string | null;
}

export interface Limit { rule: string; severity: string; op: string; limit: number; kind: 'raise' | 'clear' }

export interface ReadingItem { time: string; value: ReadingValue; quality?: RawQuality }

export interface Alarm {
  id: string;
  rule: string;
  version?: number;
  point: string;
  asset?: string | null;
  severity: string;
  state: string;
  raised_at: string;
  cleared_at?: string | null;
  value?: number | null;
  ticket?: string | null;
  reason?: string | null;
}

export type BothLanguages = { zh?: string; en?: string } | string;

/** One step of a ticket's life: what happened, when (event time), when it was written down, and by whom. */
export interface TimelineEvent {
  event: string;
  at: string;
  recorded_at?: string | null;
  actor?: string | null;
  from?: string | null;
  to?: string | null;
  reason?: string | null;
  note?: string | null;
}

export interface Ticket {
  id: string;
  no?: string | null;
  state: string;
  severity: string;
  category: string;
  title?: BothLanguages | null;
  action?: BothLanguages | null;
  site?: string | null;
  asset?: string | null;
  rule?: string | null;
  origin?: string | null;
  raised_at?: string | null;
  opened_at?: string | null;
  closed_at?: string | null;
  outcome?: string | null;
  first_complaint_at?: string | null;
  /** Alarm ids, or whole alarms. */
  alarms?: (string | Alarm)[] | null;
  /** Name of the deadline → when. */
  due?: Record<string, string | null> | null;
  timeline?: TimelineEvent[] | null;
  /** Names of the commands that the caller may give now; absent: the console works it out from the state. */
  commands?: string[] | null;
  version: number;
}

export interface Device {
  id: string;
  site: string;
  name: string;
  state?: string | null;
  since?: string | null;
  agent?: string | null;
  spool?: Record<string, unknown> | number | null;
  adapters?: unknown[] | null;
  last_seen?: string | null;
  refusals?: number | Record<string, number> | null;
}

export interface DeadLetter {
  id: string;
  at: string;
  topic?: string | null;
  device?: string | null;
  reason: string;
  message: string;
  position?: number;
  payload_base64?: string | null;
}
