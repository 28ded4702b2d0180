import { describe, expect, it } from 'vitest';
import type { Alarm } from '../api/types';
import { translator } from '../i18n/translate';
import { pointState, severityOf, stateRank } from './severity';
import { formatAge, formatSpan, parseDuration, parseTime } from './time';
import { asNumber, displayOf, formatNumber, formatWithUnit, qualityMarks } from './value';

const en = translator('en');
const zh = translator('zh');

describe('numbers', () => {
  it.each([
    [0, '0'], [21.4375, '21.44'], [21, '21'], [100, '100'], [0.00123456, '0.00123'], [123456.789, '123456.8'], [-3.5, '-3.5'], [1e-7, '1.00e-7'], [NaN, '—'], [10.5, '10.5'], [1000, '1000'],
  ])('%s is shown as %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('are shown in the unit people use', () => {
    expect(formatWithUnit(101325, displayOf('pressure', 'Pa'), en)).toBe('101.3 kPa');
    expect(formatWithUnit(0.01, displayOf('flow', 'm3/s'), en)).toBe('36 m³/h');
    expect(formatWithUnit(3.6e6, displayOf('energy', 'J'), en)).toBe('1 kWh');
    expect(formatWithUnit(0.425, displayOf('ratio', '/'), en)).toBe('42.5 %');
    expect(formatWithUnit(18.2, displayOf('temperature', 'Cel'), en)).toBe('18.2 °C');
    expect(formatWithUnit(7, displayOf('value', null), en)).toBe('7');
    expect(formatWithUnit(7, displayOf('value', 'rpm'), en)).toBe('7 rpm');
  });

  it('come from booleans but not from text', () => {
    expect(formatWithUnit(true, displayOf('contact', null), zh)).toBe('闭合');
    expect(asNumber(true)).toBe(1);
    expect(asNumber('12')).toBeNaN();
    expect(formatWithUnit(null, displayOf('value', null), zh)).toBe('—');
  });
});

describe('quality', () => {
  it('is read from the integer flags of the store and from words', () => {
    expect(qualityMarks(0)).toEqual([]);
    expect(qualityMarks(4 + 8)).toEqual(['stuck', 'jump']);
    expect(qualityMarks(1024)).toEqual(['unknown']);
    expect(qualityMarks('good')).toEqual([]);
    expect(qualityMarks('sensor-fault')).toEqual(['sensor_fault']);
    expect(qualityMarks('OutOfRange, Stuck')).toEqual(['out_of_range', 'stuck']);
    expect(qualityMarks(['future_time'])).toEqual(['future_time']);
    expect(qualityMarks(undefined)).toEqual([]);
  });
});

describe('time', () => {
  it.each([
    [-500, 'just now'], [999, 'just now'], [1000, '1 s'], [99_999, '99 s'], [100_000, '1 min'], [3 * 3_600_000, '3 h'], [47.9 * 3_600_000, '47 h'], [48 * 3_600_000, '2 d'], [NaN, '—'],
  ])('%s ms is %s', (ms, text) => expect(formatAge(ms, en)).toBe(text));

  it('reads the durations of rules', () => {
    expect([parseDuration('90s'), parseDuration('15m'), parseDuration('2h'), parseDuration('3d')]).toEqual([90_000, 900_000, 7_200_000, 259_200_000]);
    expect(parseDuration('2 h')).toBeNaN();
    expect(formatSpan(parseDuration('14d'), zh)).toBe('14 天');
    expect(parseTime(null)).toBeNaN();
  });
});

describe('state of a point', () => {
  const alarm = (severity: string, extra: Partial<Alarm> = {}): Alarm => ({ id: 'a', rule: 'r', point: 'p', severity, state: 'active', raised_at: '2026-01-01T00:00:00.000Z', ...extra });

  it('is the worst active alarm', () => {
    expect(pointState('ok', [alarm('p3'), alarm('P2'), alarm('p1', { state: 'cleared', cleared_at: '2026-01-01T01:00:00Z' })], true, false)).toBe('p2');
  });

  it('is silent only when no value alarm is active', () => {
    expect(pointState('ok', [alarm('p4', { reason: 'no-data' })], true, false)).toBe('silent');
    expect(pointState('ok', [alarm('p4', { reason: 'no_data' }), alarm('p3')], true, false)).toBe('p3');
  });

  it('is the listed one until the alarms are known, and a listed silence ends with a reading', () => {
    expect(pointState('p2', [], false, false)).toBe('p2');
    expect(pointState('p2', [], true, false)).toBe('ok');
    expect(pointState('silent', [], true, false)).toBe('silent');
    expect(pointState('silent', [], true, true)).toBe('ok');
    expect(pointState(null, undefined, true, false)).toBe('ok');
  });

  it('ranks by urgency', () => {
    expect((['ok', 'silent', 'p5', 'p1'] as const).map(stateRank)).toEqual([6, 5, 4, 0]);
    expect(severityOf('P3')).toBe('p3');
    expect(severityOf(2)).toBe('p2');
    expect(severityOf('nonsense')).toBe('p5');
  });
});
