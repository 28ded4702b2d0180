import type { ReadingValue } from '../api/types';
import { asNumber } from '../format/value';
import type { LiveReading } from './events';

export interface Sample { t: number; v: number }

/** What the console holds of one point: the newest reading and a short series for the sparkline. Replaced, never changed, on update. */
export interface LivePoint {
  time: number;
  value: ReadingValue;
  quality: readonly string[];
  series: readonly Sample[];
}

/** Most samples of a sparkline. */
export const seriesCap = 120;
/** Oldest part of a sparkline, relative to its newest sample. */
export const seriesWindowMs = 6 * 3_600_000;

/**
 * Folds a batch into the points and returns the ids that changed. A repeated time: the later arrival wins. A late reading enters the
 * series at its place and never becomes the last value.
 */
export function applyReadings(points: Map<string, LivePoint>, batch: readonly LiveReading[]): Set<string> {
  const changed = new Set<string>();
  const grouped = new Map<string, LiveReading[]>();
  for (const reading of batch) {
    const group = grouped.get(reading.point);
    if (group) group.push(reading);
    else grouped.set(reading.point, [reading]);
  }
  for (const [id, readings] of grouped) {
    const before = points.get(id);
    let newest: Pick<LivePoint, 'time' | 'value' | 'quality'> = before ?? { time: -Infinity, value: null, quality: [] };
    const samples: Sample[] = [];
    for (const reading of readings) {
      if (reading.time >= newest.time) newest = reading;
      const v = asNumber(reading.value);
      if (Number.isFinite(v)) samples.push({ t: reading.time, v });
    }
    points.set(id, { time: newest.time, value: newest.value, quality: newest.quality, series: mergeSeries(before?.series ?? [], samples) });
    changed.add(id);
  }
  return changed;
}

/** Union by time, ascending, the second argument winning; cut to the window and thinned to the cap. */
export function mergeSeries(series: readonly Sample[], added: readonly Sample[]): readonly Sample[] {
  if (added.length === 0) return series;
  const last = series[series.length - 1];
  const sorted = [...added].sort((a, b) => a.t - b.t);
  const inOrder = !last || sorted[0]!.t > last.t;
  const all = inOrder ? [...series, ...sorted] : [...series, ...sorted].sort((a, b) => a.t - b.t); // stable: the added one is second
  const union: Sample[] = [];
  for (const sample of all) {
    if (union[union.length - 1]?.t === sample.t) union[union.length - 1] = sample;
    else union.push(sample);
  }
  const from = union[union.length - 1]!.t - seriesWindowMs;
  return thin(union.filter((sample) => sample.t >= from));
}

/** Over the cap every second sample of the older half goes, so that the newest keep their detail and the length its reach. */
export function thin(series: readonly Sample[]): readonly Sample[] {
  let kept = series;
  while (kept.length > seriesCap) {
    const half = Math.floor(kept.length / 2);
    kept = kept.filter((_, index) => index >= half || index % 2 === 0);
  }
  return kept;
}
