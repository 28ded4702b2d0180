import type { Sample } from '../live/reducer';

/** SVG path of a series in a box of `width` × `height`, one pixel of air around; empty for fewer than two samples. `step` holds each value until the next. */
export function sparkPath(series: readonly Sample[], width: number, height: number, step: boolean): string {
  if (series.length < 2) return '';
  const first = series[0]!.t;
  const length = series[series.length - 1]!.t - first;
  let min = Infinity;
  let max = -Infinity;
  for (const { v } of series) {
    min = Math.min(min, v);
    max = Math.max(max, v);
  }
  const flat = max - min <= Math.abs(max) * 1e-9;
  const x = (t: number) => round(1 + ((t - first) / length) * (width - 2));
  const y = (v: number) => round(flat ? height / 2 : height - 1.5 - ((v - min) / (max - min)) * (height - 3));
  let path = `M${x(first)} ${y(series[0]!.v)}`;
  for (const sample of series.slice(1)) path += step ? `H${x(sample.t)}V${y(sample.v)}` : `L${x(sample.t)} ${y(sample.v)}`;
  return path;
}

const round = (value: number) => Math.round(value * 10) / 10;
