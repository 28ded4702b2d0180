import type { Point } from '../api/types';
import { stateRank, type PointState } from '../format/severity';
import type { Translate } from '../i18n/translate';

export type GroupBy = 'none' | 'site' | 'device' | 'kind' | 'state';
export const groupings: readonly GroupBy[] = ['none', 'site', 'device', 'kind', 'state'];

export interface Filter { search: string; site: string | null; device: string | null; kind: string | null; state: string | null }

export type Row = { type: 'point'; key: string; point: Point } | { type: 'group'; key: string; title: string; count: number; alarms: number };

/** Points that pass the filter. Every word of the search must occur in id, kind (in the reader's language), asset or labels. */
export function filterPoints(points: readonly Point[], filter: Filter, state: (point: Point) => PointState, t: Translate): Point[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  return points.filter((point) => {
    if (filter.site && point.site !== filter.site) return false;
    if (filter.device && `${point.site}/${point.device}` !== filter.device) return false;
    if (filter.kind && point.kind !== filter.kind) return false;
    if (filter.state && !matchesState(state(point), filter.state)) return false;
    if (words.length === 0) return true;
    const text = [point.id, point.kind, t.word('kind', point.kind), point.asset ?? '', ...Object.values(point.labels ?? {})].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function matchesState(state: PointState, wanted: string): boolean {
  return wanted === 'any-alarm' ? state !== 'ok' && state !== 'silent' : state === wanted;
}

/** Rows of the table under a heading per group; inside a group the worst state first. */
export function groupRows(points: readonly Point[], by: GroupBy, state: (point: Point) => PointState, t: Translate): Row[] {
  const rank = new Map(points.map((point) => [point.id, stateRank(state(point))]));
  const sorted = [...points].sort((a, b) => rank.get(a.id)! - rank.get(b.id)! || compare(a.id, b.id));
  const row = (point: Point): Row => ({ type: 'point', key: point.id, point });
  if (by === 'none') return sorted.map(row);
  const groups = new Map<string, Point[]>();
  for (const point of sorted) {
    const key = by === 'site' ? point.site : by === 'device' ? `${point.site}/${point.device}` : by === 'kind' ? point.kind : state(point);
    const group = groups.get(key);
    if (group) group.push(point);
    else groups.set(key, [point]);
  }
  const keys = [...groups.keys()].sort((a, b) => (by === 'state' ? stateRank(a as PointState) - stateRank(b as PointState) : compare(a, b)));
  return keys.flatMap((key): Row[] => {
    const members = groups.get(key)!;
    const title = by === 'kind' ? t.word('kind', key) : by === 'state' ? stateText(key as PointState, t) : key;
    const alarms = members.filter((point) => rank.get(point.id)! < 5).length;
    return [{ type: 'group', key: `group:${key}`, title, count: members.length, alarms }, ...members.map(row)];
  });
}

export function stateText(state: PointState, t: Translate): string {
  return state === 'ok' ? t('state.ok') : state === 'silent' ? t('state.silent') : state.toUpperCase();
}

const collator = new Intl.Collator('en', { numeric: true });
const compare = (a: string, b: string) => collator.compare(a, b);
