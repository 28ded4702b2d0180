/** Shapes of the hub's HTTP API (`/api/v1`) as the console reads them. Times are RFC 3339 UTC; `null` and absent mean the same. */

export type ReadingValue = number | boolean | string | null;

/** Doubt about a reading: the integer flags of the store, or their words. */
export type RawQuality = number | string | readonly string[] | null | undefined;

export interface Page<T> { items: T[]; next?: string | null }

/** `csrf` is null where no cookie is involved (`--auth none`). */
export interface Session { user: string; role: string; csrf?: string | null }

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

/** A limit of a rule on a point, in the canonical unit: `value op limit`. A raise limit has the severity of its step. */
export interface Limit { rule: string; severity: string | null; op: string; limit: number; kind: 'raise' | 'clear' }

/** As the hub writes it: `kind` may be left out, then a limit without severity is the clearing one; `operator` is another name of `op`. */
export interface RawLimit { rule: string; severity?: string | null; op?: string; operator?: string; limit: number; kind?: string | null }

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
  /** When the agent beside the sensor raised it; null when no agent said so. */
  edge_at?: string | null;
  /** `up` or `down`: the agent's link to the hub then. */
  edge_link?: string | null;
}

export type BothLanguages = { zh?: string; en?: string } | string;

/** One step of a ticket's life: what happened, when (event time), when it was written down, and by whom. */
export interface TimelineEvent {
  seq: number;
  type: string;
  /** User name, or `system`. */
  actor: string;
  role?: string | null;
  at: string;
  recorded_at?: string | null;
  /** When a command happened, as the person's device gave it. */
  happened_at?: string | null;
  from?: string | null;
  to: string;
  /** The step that nobody reported, on a `skipped` line. */
  step?: string | null;
  point?: string | null;
  rule?: string | null;
  severity?: string | null;
  reason?: string | null;
  outcome?: string | null;
  verified_by?: string | null;
  unit?: string | null;
  units?: string[] | null;
  crew?: string | null;
  level?: string | null;
  clock?: string | null;
  percent?: number | null;
  owner?: string | null;
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
  /** `sensor` when the sensors proved the fix. */
  verified_by?: string | null;
  /** The sensors have not agreed within the verify limit of `fixed`. */
  verify_overdue?: boolean;
  /** The unit that is responsible; absent: the dispatcher. */
  lead?: string | null;
  /** The unit that is asked to accept. */
  offered?: string | null;
  co_units?: string[] | null;
  /** Waits for the dispatcher. */
  in_triage?: boolean;
  crew?: string | null;
  level?: string | null;
  /** Alarms that ever joined; `alarms` may hold fewer. */
  alarm_count?: number;
  alarms?: Alarm[] | null;
  /** Name of the deadline → when. */
  due?: Record<string, string | null> | null;
  timeline?: TimelineEvent[] | null;
  /** Names of the commands that the caller may give now; absent: none. */
  commands?: string[] | null;
  version: number;
}

/** A complaint as lists show it: who complained is masked. */
export interface Complaint {
  id: string;
  channel: string;
  external_id?: string | null;
  kind: string;
  category: string;
  text: string;
  site: string;
  asset?: string | null;
  lat?: number | null;
  long?: number | null;
  at: string;
  ticket?: string | null;
  /** `existing`, `new`, `none`. */
  linked: string;
  /** The complaint less the opening of its ticket: positive when the ticket was first. */
  lead_seconds?: number | null;
}

export interface ComplaintAnswer { id: string; ticket?: string | null; linked: string; lead_seconds?: number | null }

export interface Device {
  id: string;
  site: string;
  name: string;
  state?: string | null;
  since?: string | null;
  agent?: string | null;
  spool?: { records?: number; bytes?: number; max_bytes?: number; oldest?: string | null; dropped?: number } | null;
  adapters?: { id: string; type?: string; state?: string | null; last_error?: string | null }[] | null;
  last_seen?: string | null;
  /** Reason → how many messages or records. */
  refusals?: Record<string, number> | null;
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
