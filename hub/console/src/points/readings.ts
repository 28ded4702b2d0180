import { queryOptions } from '@tanstack/react-query';
import { getReadings } from '../api/resources';
import type { ReadingItem } from '../api/types';
import { bucketFor, spanOf, type RangeName } from '../chart/range';
import { bucketPlaces, places, type Place } from '../chart/series';
import { parseDuration, parseTime } from '../format/time';

/** Most raw readings in one chart; more are asked for as buckets. */
const rawLimit = 1000;
const buckets = 400;
/** How far back "all recorded" looks for the first reading. */
const longestRecordMs = 20 * 365 * 86_400_000;

export interface Loaded {
  places: Place[];
  /** The items as they came; text points show these. */
  items: ReadingItem[];
  from: number;
  to: number;
  endsAtLast: boolean;
  /** Bucket length, e.g. `5m`; null for raw readings. */
  every: string | null;
  live: boolean;
}

interface Asked { point: string; kind: string; range: RangeName; factor: number; now: () => number; last: number | undefined }

export const readingsQuery = (asked: Asked) => queryOptions({
  queryKey: ['readings', asked.point, asked.range],
  queryFn: ({ signal }) => load(asked, signal),
  staleTime: 30_000,
});

/** Raw readings when they fit into one page, else means with minimum and maximum per bucket. */
async function load({ point, kind, range, factor, now, last }: Asked, signal: AbortSignal): Promise<Loaded> {
  const span = range === 'all' ? await recorded(point, now(), last, signal) : spanOf(range, now(), last);
  const at = { point, from: span.from, to: span.to };
  const result = { from: span.from, to: span.to, endsAtLast: span.endsAtLast, live: !span.endsAtLast };
  const raw = await getReadings({ ...at, limit: rawLimit }, signal);
  if (!raw.next || kind === 'text') return { ...result, items: raw.items, places: kind === 'text' ? [] : places(raw.items, factor), every: null };
  const every = bucketFor(span.to - span.from, buckets);
  if (kind === 'contact') {
    const lasts = await getReadings({ ...at, every, fn: 'last' }, signal);
    return { ...result, items: lasts.items, places: places(lasts.items, factor), every };
  }
  const [mean, min, max] = await Promise.all(['mean', 'min', 'max'].map((fn) => getReadings({ ...at, every, fn }, signal)));
  return { ...result, items: mean!.items, places: bucketPlaces(mean!.items, min!.items, max!.items, factor), every };
}

/** From the first reading on record (found by a count per four weeks, then by the first reading from there on) to the last. */
async function recorded(point: string, now: number, last: number | undefined, signal: AbortSignal) {
  const end = (last ?? now) + 1;
  const weeks = await getReadings({ point, from: end - longestRecordMs, to: end, every: '28d', fn: 'count', limit: 1 }, signal);
  const bucket = parseTime(weeks.items[0]?.time);
  if (!Number.isFinite(bucket)) return { from: end - parseDuration('24h'), to: end, endsAtLast: false };
  const firsts = await getReadings({ point, from: bucket - parseDuration('1d'), to: end, limit: 1 }, signal);
  const first = parseTime(firsts.items[0]?.time);
  const from = Number.isFinite(first) ? first : bucket;
  return { from, to: Math.max(end, from + 1000), endsAtLast: false };
}
