import { parseDuration } from '../format/time';

export type RangeName = '1h' | '6h' | '24h' | '7d' | 'all';
export const rangeNames: readonly RangeName[] = ['1h', '6h', '24h', '7d', 'all'];

/** A stretch of hub time; `endsAtLast` when it was laid at the point's last reading because nothing is newer. */
export interface Span { from: number; to: number; endsAtLast: boolean }

/**
 * The time to show for a named range: up to the hub's now, or, when the point has no reading in that range, up to its last reading, so
 * that a recording from years ago is not an empty picture. `from` ≤ t < `to`. Not for `all`, whose start has to be asked for.
 */
export function spanOf(range: Exclude<RangeName, 'all'>, now: number, last: number | undefined): Span {
  const length = parseDuration(range);
  if (last !== undefined && (last < now - length || last > now)) return { from: last + 1 - length, to: last + 1, endsAtLast: last < now - length };
  return { from: now - length, to: now + 1, endsAtLast: false };
}

const steps = ['10s', '30s', '1m', '2m', '5m', '10m', '15m', '30m', '1h', '2h', '3h', '6h', '12h', '1d', '2d', '7d', '14d', '28d'];

/** The bucket length that gives at most `buckets` of them. */
export function bucketFor(lengthMs: number, buckets: number): string {
  return steps.find((step) => lengthMs / parseDuration(step) <= buckets) ?? steps[steps.length - 1]!;
}
