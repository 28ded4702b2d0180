import { describe, expect, it } from 'vitest';
import type { Point } from '../api/types';
import type { PointState } from '../format/severity';
import { translator } from '../i18n/translate';
import { linkTo, parseRoute } from '../route';
import { filterPoints, groupRows, type Filter } from './filter';
import { sparkPath } from './sparkPath';

const zh = translator('zh');
const point = (id: string, kind = 'temperature', extra: Partial<Point> = {}): Point => {
  const [site, device, name] = id.split('/') as [string, string, string];
  return { id, site, device, name, kind, ...extra };
};
const points = [point('s1/d2/a10'), point('s1/d2/a9'), point('s1/d1/b', 'pressure', { asset: 'pump-7', labels: { role: 'supply' } }), point('s2/d1/c', 'contact')];
const states: Record<string, PointState> = { 's1/d2/a9': 'p1', 's2/d1/c': 'silent' };
const state = (each: Point) => states[each.id] ?? 'ok';
const none: Filter = { search: '', site: null, device: null, kind: null, state: null };
const ids = (list: readonly Point[]) => list.map((each) => each.id);

describe('filter', () => {
  it('narrows by site, device, kind and state', () => {
    expect(ids(filterPoints(points, { ...none, site: 's1', kind: 'pressure' }, state, zh))).toEqual(['s1/d1/b']);
    expect(ids(filterPoints(points, { ...none, device: 's2/d1' }, state, zh))).toEqual(['s2/d1/c']);
    expect(ids(filterPoints(points, { ...none, state: 'any-alarm' }, state, zh))).toEqual(['s1/d2/a9']);
    expect(ids(filterPoints(points, { ...none, state: 'silent' }, state, zh))).toEqual(['s2/d1/c']);
  });

  it('searches id, asset, labels and the kind in the reader’s language, all words', () => {
    expect(ids(filterPoints(points, { ...none, search: 'PUMP' }, state, zh))).toEqual(['s1/d1/b']);
    expect(ids(filterPoints(points, { ...none, search: '温度 a9' }, state, zh))).toEqual(['s1/d2/a9']);
    expect(ids(filterPoints(points, { ...none, search: 'supply' }, state, zh))).toEqual(['s1/d1/b']);
    expect(filterPoints(points, { ...none, search: '温度 nothing' }, state, zh)).toEqual([]);
  });
});

describe('rows', () => {
  const keys = (by: Parameters<typeof groupRows>[1]) => groupRows(points, by, state, zh).map((row) => row.key);

  it('without groups put the worst first, then names in natural order', () => {
    expect(keys('none')).toEqual(['s1/d2/a9', 's2/d1/c', 's1/d1/b', 's1/d2/a10']);
  });

  it('by device have a heading with count and alarms', () => {
    const rows = groupRows(points, 'device', state, zh);
    expect(rows.map((row) => row.key)).toEqual(['group:s1/d1', 's1/d1/b', 'group:s1/d2', 's1/d2/a9', 's1/d2/a10', 'group:s2/d1', 's2/d1/c']);
    expect(rows[2]).toMatchObject({ title: 's1/d2', count: 2, alarms: 1 });
    expect(rows[5]).toMatchObject({ count: 1, alarms: 0 });
  });

  it('by state begin with the worst', () => {
    expect(groupRows(points, 'state', state, zh).filter((row) => row.type === 'group').map((row) => row.type === 'group' && row.title)).toEqual(['P1', '无数据', '正常']);
  });
});

describe('sparkline', () => {
  it('spans the box, upside up', () => {
    expect(sparkPath([{ t: 0, v: 0 }, { t: 10, v: 1 }], 102, 20, false)).toBe('M1 18.5L101 1.5');
  });

  it('holds values of a contact, centres a flat line, and needs two samples', () => {
    expect(sparkPath([{ t: 0, v: 0 }, { t: 10, v: 1 }], 102, 20, true)).toBe('M1 18.5H101V1.5');
    expect(sparkPath([{ t: 0, v: 5 }, { t: 10, v: 5 }], 102, 20, false)).toBe('M1 10L101 10');
    expect(sparkPath([{ t: 0, v: 5 }], 102, 20, false)).toBe('');
  });
});

describe('addresses', () => {
  it('carry ids with slashes, percent-encoded or not', () => {
    expect(parseRoute(linkTo('points', 's/d/boiler.temperature'))).toMatchObject({ page: 'points', id: 's/d/boiler.temperature' });
    expect(parseRoute('#/points/s/d/n')).toMatchObject({ page: 'points', id: 's/d/n' });
    expect(parseRoute('#/tickets/42?q=a%20b').query.get('q')).toBe('a b');
    expect(parseRoute('#/alarms')).toMatchObject({ page: 'alarms', id: null });
  });

  it('fall back to the points', () => {
    expect(parseRoute('')).toMatchObject({ page: 'points', id: null });
    expect(parseRoute('#/nowhere/1')).toMatchObject({ page: 'points', id: null });
    expect(parseRoute('#/points/100%')).toMatchObject({ id: '100%' });
  });
});
