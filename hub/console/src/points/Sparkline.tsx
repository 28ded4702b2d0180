import { memo } from 'react';
import { formatNumber } from '../format/value';
import { useSeries } from '../live/hooks';
import { sparkPath } from './sparkPath';

/** The recent course of one point; repaints by itself when readings arrive. */
export const Sparkline = memo(function Sparkline({ id, kind, factor, width = 120, height = 28 }: { id: string; kind: string; factor: number; width?: number; height?: number }) {
  const series = useSeries(id, kind !== 'text')?.series ?? [];
  const path = sparkPath(series, width, height, kind === 'contact');
  if (!path) return <svg width={width} height={height} aria-hidden="true" />;
  const values = series.map((sample) => sample.v * factor);
  const label = `${formatNumber(Math.min(...values))} – ${formatNumber(Math.max(...values))}`;
  return (
    <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={path} />
    </svg>
  );
});
