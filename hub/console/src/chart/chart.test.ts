import { describe, expect, it } from 'vitest';
import type { Alarm, Limit } from '../api/types';
import { translator } from '../i18n/translate';
import { optionOf, type Picture } from './option';
import { bucketFor, spanOf } from './range';
import { appendLive, bandsOf, bucketPlaces, limitLines, limitsOf, places, valueExtent, withGaps } from './series';

const hour = 3_600_000;
const iso = (t: number) => new Date(t).toISOString();

describe('range', () => {
  it('ends at the hub’s now while the point reports', () => {
    expect(spanOf('6h', 10 * hour, 9.9 * hour)).toEqual({ from: 4 * hour, to: 10 * hour + 1, endsAtLast: false });
    expect(spanOf('1h', 10 * hour, undefined)).toMatchObject({ from: 9 * hour, endsAtLast: false });
  });

  it('ends at the last reading of a recording from long ago', () => {
    expect(spanOf('1h', 1000 * hour, 5 * hour)).toEqual({ from: 4 * hour + 1, to: 5 * hour + 1, endsAtLast: true });
  });

  it('takes buckets that are as short as their number allows', () => {
    expect(bucketFor(24 * hour, 400)).toBe('5m');
    expect(bucketFor(7 * 24 * hour, 400)).toBe('30m');
    expect(bucketFor(20 * 365 * 24 * hour, 400)).toBe('28d');
  });
});

describe('places', () => {
  it('scale numbers and leave out text', () => {
    expect(places([{ time: iso(0), value: 2 }, { time: iso(1), value: 'x' }, { time: 'never', value: 1 }, { time: iso(2), value: true }], 10)).toEqual([{ t: 0, v: 20 }, { t: 2, v: 10 }]);
  });

  it('carry minimum and maximum of their bucket', () => {
    const at = (value: number) => [{ time: iso(0), value }];
    expect(bucketPlaces(at(5), at(1), at(9), 1)).toEqual([{ t: 0, v: 5, low: 1, high: 9 }]);
    expect(bucketPlaces(at(5), [], at(9), 1)).toEqual([{ t: 0, v: 5 }]);
  });

  it('take live readings in order, late and repeated ones at their place', () => {
    const live = (time: number, value: number) => ({ point: 'p', time, value, quality: [] });
    expect(appendLive([{ t: 10, v: 1 }, { t: 20, v: 2 }], [live(30, 3), live(15, 9), live(20, 7)], 1)).toEqual([{ t: 10, v: 1 }, { t: 15, v: 9 }, { t: 20, v: 7 }, { t: 30, v: 3 }]);
  });

  it('break where the point was silent', () => {
    const list = [0, 1, 2, 3, 30, 31].map((t) => ({ t: t * 60_000, v: 1 }));
    expect(withGaps(list).filter((place) => place.v === null)).toEqual([{ t: 3 * 60_000 + 1, v: null }]);
    expect(withGaps(list, 40 * 60_000).some((place) => place.v === null)).toBe(false);
    expect(withGaps(list.slice(0, 2))).toHaveLength(2);
  });
});

describe('alarm bands', () => {
  const alarm = (id: string, severity: string, raised: number, cleared: number | null): Alarm => ({ id, rule: 'r', point: 'p', severity, state: cleared === null ? 'active' : 'cleared', raised_at: iso(raised), cleared_at: cleared === null ? null : iso(cleared) });

  it('run from raise to clear, or to now while active, cut to the range, the most urgent last', () => {
    const bands = bandsOf([alarm('a', 'p2', 50, null), alarm('b', 'p4', 10, 60), alarm('out', 'p1', 200, 300), alarm('before', 'p1', 1, 5)], 20, 100, 80);
    expect(bands).toEqual([
      { from: 20, to: 60, severity: 'p4', active: false, rule: 'r', id: 'b' },
      { from: 50, to: 80, severity: 'p2', active: true, rule: 'r', id: 'a' },
    ]);
  });

  it('do not run backwards when the alarm is ahead of the clock known here', () => {
    expect(bandsOf([alarm('a', 'p2', 90, null)], 0, 100, 80)).toMatchObject([{ from: 90, to: 90 }]);
  });
});

describe('limit lines', () => {
  const limit = (kind: 'raise' | 'clear', value: number, severity = 'P3', op = '<'): Limit => ({ rule: 'r', severity, op, limit: value, kind });

  it('are one per kind and value, with severity and sign', () => {
    expect(limitLines([limit('raise', 18), limit('raise', 16, 'P2'), limit('clear', 18.5, 'P3', '>='), limit('raise', 18, 'P1'), limit('raise', 16, 'P2')], 1)).toEqual([
      { value: 18.5, kind: 'clear', text: '≥' },
      { value: 18, kind: 'raise', text: 'P3 < · P1 <' },
      { value: 16, kind: 'raise', text: 'P2 <' },
    ]);
  });

  it('are read with kind and op, or without kind and with operator', () => {
    expect(limitsOf([{ rule: 'r', severity: 'P3', operator: '<', limit: 18 }, { rule: 'r', severity: null, operator: '>=', limit: 18.5 }, { rule: 'r', severity: 'p3', op: '>=', limit: 19, kind: 'clear' }, { rule: 'r', limit: NaN }])).toEqual([
      { rule: 'r', severity: 'P3', op: '<', limit: 18, kind: 'raise' },
      { rule: 'r', severity: null, op: '>=', limit: 18.5, kind: 'clear' },
      { rule: 'r', severity: 'p3', op: '>=', limit: 19, kind: 'clear' },
    ]);
  });

  it('stretch the axis when near and not when far', () => {
    const list = [{ t: 0, v: 20 }, { t: 1, v: 21 }];
    const near = valueExtent(list, limitLines([limit('raise', 18)], 1))!;
    expect(near.min).toBeLessThan(18);
    expect(near.max).toBeGreaterThan(21);
    const far = valueExtent(list, limitLines([limit('raise', 500)], 1))!;
    expect(far.max).toBeLessThan(30);
    expect(valueExtent([{ t: 0, v: null }], [])).toBeNull();
    const flat = valueExtent([{ t: 0, v: 0 }], [])!;
    expect(flat.max).toBeGreaterThan(flat.min);
  });

  it('stay short numbers on the axis', () => {
    const { min, max } = valueExtent([{ t: 0, v: 19.873 }, { t: 1, v: 21.117 }], [])!;
    expect([min, max].map((each) => String(each).length <= 5)).toEqual([true, true]);
  });
});

describe('chart option', () => {
  const t = translator('en');
  const picture: Picture = {
    places: [{ t: 0, v: 1, low: 0, high: 2 }, { t: 1, v: 2, low: 1, high: 3 }], lines: [{ value: 2.5, kind: 'raise', text: 'P3 >' }, { value: 2, kind: 'clear', text: '≤' }],
    bands: [{ from: 0, to: 1, severity: 'p3', active: true, rule: 'r', id: 'a' }], from: 0, to: 2, unit: '°C', step: false,
    words: { raise: t('point.limit.raise'), clear: t('point.limit.clear'), on: 'on', off: 'off' }, language: 'en', description: 'd', bucketMs: 0,
  };
  interface Shown { series: { id: string; data: unknown[]; markLine?: { data: { lineStyle: { type: string; color: string } }[] }; markArea?: { data: { name?: string }[][] } }[] }

  it('draws raise limits red and dashed, clear limits green, bands with their severity', () => {
    const option = optionOf(picture) as unknown as Shown;
    const value = option.series.find((each) => each.id === 'value')!;
    expect(value.markLine!.data.map((line) => [line.lineStyle.type, line.lineStyle.color])).toEqual([['dashed', '#c9302c'], ['solid', '#237a3b']]);
    expect(value.markArea!.data[0]![0]!.name).toBe('P3');
    expect(option.series.map((each) => each.id)).toEqual(['low', 'high', 'value']);
    expect(option.series[1]!.data).toEqual([[0, 2], [1, 2]]);
  });

  it('draws a contact in steps without a band', () => {
    const option = optionOf({ ...picture, step: true, places: [{ t: 0, v: 1 }, { t: 1, v: 0 }] }) as unknown as { series: { step: unknown }[] };
    expect(option.series).toHaveLength(1);
    expect(option.series[0]!.step).toBe('end');
  });
});
