import type { Alarm, Limit, RawLimit, ReadingItem } from '../api/types';
import { isActive, severityOf, type Severity } from '../format/severity';
import { parseTime } from '../format/time';
import { asNumber } from '../format/value';
import type { LiveReading } from '../live/events';

/** One place of the curve; `v` null is a gap. `low` and `high` only where the place stands for a bucket. */
export interface Place { t: number; v: number | null; low?: number; high?: number }

export interface Band { from: number; to: number; severity: Severity; active: boolean; rule: string; id: string }

export interface LimitLine { value: number; kind: 'raise' | 'clear'; text: string }

/** Numbers of raw readings; text and unreadable times are left out. */
export function places(items: readonly ReadingItem[], factor: number): Place[] {
  const found: Place[] = [];
  for (const item of items) {
    const t = parseTime(item.time);
    const v = asNumber(item.value) * factor;
    if (Number.isFinite(t) && Number.isFinite(v)) found.push({ t, v });
  }
  return found;
}

/** Means with the minimum and maximum of the same bucket. */
export function bucketPlaces(mean: readonly ReadingItem[], min: readonly ReadingItem[], max: readonly ReadingItem[], factor: number): Place[] {
  const byTime = (items: readonly ReadingItem[]) => new Map(places(items, factor).map((place) => [place.t, place.v]));
  const lows = byTime(min);
  const highs = byTime(max);
  return places(mean, factor).map((place) => {
    const low = lows.get(place.t);
    const high = highs.get(place.t);
    return low == null || high == null ? place : { ...place, low, high };
  });
}

/** Live readings put behind (or, late ones, among) the loaded ones; a repeated time is replaced. */
export function appendLive(loaded: readonly Place[], live: readonly LiveReading[], factor: number): readonly Place[] {
  if (live.length === 0) return loaded;
  const byTime = new Map(loaded.map((place) => [place.t, place]));
  for (const reading of live) {
    const v = asNumber(reading.value) * factor;
    if (Number.isFinite(v)) byTime.set(reading.time, { t: reading.time, v });
  }
  return [...byTime.values()].sort((a, b) => a.t - b.t);
}

/** Breaks the curve where nothing was heard for more than five usual intervals (or `minimumMs`): a straight line there would be a lie. */
export function withGaps(list: readonly Place[], minimumMs = 0): Place[] {
  if (list.length < 3) return [...list];
  const intervals = list.slice(1).map((place, index) => place.t - list[index]!.t).sort((a, b) => a - b);
  const limit = Math.max(5 * intervals[Math.floor(intervals.length / 2)]!, minimumMs);
  const result: Place[] = [list[0]!];
  for (let index = 1; index < list.length; index++) {
    const previous = list[index - 1]!;
    if (list[index]!.t - previous.t > limit) result.push({ t: previous.t + 1, v: null });
    result.push(list[index]!);
  }
  return result;
}

/** Alarm occurrences as stretches of time inside from..to, the most urgent last so that it is drawn on top. */
export function bandsOf(alarms: readonly Alarm[], from: number, to: number, now: number): Band[] {
  const bands: Band[] = [];
  for (const alarm of alarms) {
    const raised = parseTime(alarm.raised_at);
    const active = isActive(alarm);
    const ended = active ? Math.max(now, raised) : parseTime(alarm.cleared_at);
    if (!Number.isFinite(raised) || !Number.isFinite(ended) || ended < from || raised > to) continue;
    bands.push({ from: Math.max(raised, from), to: Math.min(ended, to), severity: severityOf(alarm.severity), active, rule: alarm.rule, id: alarm.id });
  }
  return bands.sort((a, b) => b.severity.localeCompare(a.severity) || a.from - b.from);
}

/** Limits in one shape; what has no finite number is left out. */
export function limitsOf(items: readonly RawLimit[]): Limit[] {
  return items.filter((item) => typeof item.limit === 'number' && Number.isFinite(item.limit)).map((item) => ({
    rule: item.rule,
    severity: item.severity ?? null,
    op: item.op ?? item.operator ?? '',
    limit: item.limit,
    kind: (item.kind ? item.kind === 'raise' : Boolean(item.severity)) ? 'raise' : 'clear',
  }));
}

/** Lines for the rules' limits, one per kind and value; several rules with the same limit share one. */
export function limitLines(limits: readonly Limit[], factor: number): LimitLine[] {
  const lines = new Map<string, LimitLine>();
  for (const limit of limits) {
    const value = limit.limit * factor;
    const text = limit.kind === 'raise' ? `${severityOf(limit.severity).toUpperCase()} ${sign(limit.op)}` : sign(limit.op);
    const key = `${limit.kind} ${value}`;
    const line = lines.get(key);
    if (!line) lines.set(key, { value, kind: limit.kind, text });
    else if (!line.text.split(' · ').includes(text)) line.text += ` · ${text}`;
  }
  return [...lines.values()].sort((a, b) => b.value - a.value);
}

export function sign(op: string): string {
  return ({ '<=': '≤', '>=': '≥', '==': '=', '!=': '≠', lt: '<', le: '≤', gt: '>', ge: '≥' } as Record<string, string>)[op] ?? op;
}

/**
 * Range of the value axis: the data with a margin, stretched to limits that are not so far off that the curve would become flat
 * (three times the data's own span, at least a tenth of its size).
 */
export function valueExtent(list: readonly Place[], lines: readonly LimitLine[]): { min: number; max: number } | null {
  let min = Infinity;
  let max = -Infinity;
  for (const place of list) {
    if (place.v === null) continue;
    min = Math.min(min, place.low ?? place.v);
    max = Math.max(max, place.high ?? place.v);
  }
  if (min > max) return null;
  const span = Math.max(max - min, Math.abs(max) * 0.1, 1e-9);
  const [low, high] = [min - 3 * span, max + 3 * span];
  for (const { value } of lines) {
    if (value < low || value > high) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const margin = Math.max((max - min) * 0.08, span * 0.05);
  return { min: nice(min - margin, margin, Math.floor), max: nice(max + margin, margin, Math.ceil) };
}

/** Rounds outward to a decimal that is no coarser than the margin, so that the axis has short labels. */
function nice(value: number, margin: number, round: (value: number) => number): number {
  const power = Math.floor(Math.log10(margin));
  const unit = 10 ** Math.abs(power);
  return power < 0 ? round(value * unit) / unit : round(value / unit) * unit;
}
