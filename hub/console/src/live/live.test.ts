import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Alarm, Point } from '../api/types';
import { HubClock } from './clock';
import { parseAlarm, parseClock, parseReadings, type LiveReading } from './events';
import { applyReadings, mergeSeries, seriesCap, seriesWindowMs, type LivePoint } from './reducer';
import { SeedQueue } from './seedQueue';
import { LiveStore } from './store';
import { throttle } from './throttle';

const reading = (point: string, time: number, value: number | boolean | string = time): LiveReading => ({ point, time, value, quality: [] });

describe('reading events', () => {
  const one = { point: 's/d/n', time: '2026-01-01T00:00:00.000Z', value: 1.5 };
  const parsed = { point: 's/d/n', time: Date.UTC(2026, 0, 1), value: 1.5, quality: [] };

  it('are one reading, an array, or an object with readings', () => {
    expect(parseReadings(JSON.stringify(one))).toEqual([parsed]);
    expect(parseReadings(JSON.stringify([one, { ...one, quality: 4 }]))).toEqual([parsed, { ...parsed, quality: ['stuck'] }]);
    expect(parseReadings(JSON.stringify({ readings: [one] }))).toEqual([parsed]);
  });

  it('never throw and leave out what is no reading', () => {
    for (const text of ['', '{', 'null', '3', '[null,3,{}]', '{"point":1}', '{"point":"a","time":"nonsense","value":1}', '{"point":"a","time":"2026-01-01T00:00:00Z","value":{}}']) expect(parseReadings(text)).toEqual([]);
    expect(parseAlarm('{}')).toBeNull();
    expect(parseClock('{"now":"x"}')).toBeNull();
    expect(parseClock('{"now":"2026-01-01T00:00:00Z","speed":600}')).toEqual({ now: Date.UTC(2026, 0, 1), speed: 600 });
  });
});

describe('applying a batch', () => {
  it('keeps the newest, takes the later of two with one time, and says what changed', () => {
    const points = new Map<string, LivePoint>();
    expect(applyReadings(points, [reading('a', 10, 1), reading('a', 20, 2), reading('b', 5, 3), reading('a', 20, 9)])).toEqual(new Set(['a', 'b']));
    expect(points.get('a')).toMatchObject({ time: 20, value: 9, series: [{ t: 10, v: 1 }, { t: 20, v: 9 }] });
  });

  it('puts a late reading into the series and not into the last value', () => {
    const points = new Map<string, LivePoint>();
    applyReadings(points, [reading('a', 100, 1)]);
    applyReadings(points, [reading('a', 50, 2)]);
    expect(points.get('a')).toMatchObject({ time: 100, value: 1, series: [{ t: 50, v: 2 }, { t: 100, v: 1 }] });
  });

  it('replaces objects, so that React sees the change', () => {
    const points = new Map<string, LivePoint>();
    applyReadings(points, [reading('a', 1)]);
    const before = points.get('a');
    applyReadings(points, [reading('a', 2)]);
    expect(points.get('a')).not.toBe(before);
    expect(before?.series).toHaveLength(1);
  });

  it('shows text without a series', () => {
    const points = new Map<string, LivePoint>();
    applyReadings(points, [reading('a', 1, 'E07')]);
    expect(points.get('a')).toMatchObject({ value: 'E07', series: [] });
  });

  it('stays bounded for any amount and keeps first, last and order', () => {
    let series = mergeSeries([], [{ t: 0, v: 0 }]);
    for (let t = 1; t <= 5000; t++) series = mergeSeries(series, [{ t, v: t }]);
    expect(series.length).toBeLessThanOrEqual(seriesCap);
    expect(series[0]!.t).toBe(0);
    expect(series[series.length - 1]!.t).toBe(5000);
    expect(series.every((sample, index) => index === 0 || sample.t > series[index - 1]!.t)).toBe(true);
  });

  it('forgets what is older than the window', () => {
    expect(mergeSeries([{ t: 0, v: 1 }], [{ t: seriesWindowMs + 1, v: 2 }])).toEqual([{ t: seriesWindowMs + 1, v: 2 }]);
  });
});

describe('store', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('document', { hidden: true });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const point = (id: string): Point => ({ id, site: 's', device: 'd', name: 'n', kind: 'value', last: { time: new Date(1000).toISOString(), value: 1 } });
  const alarm = (extra: Partial<Alarm> = {}): Alarm => ({ id: '1', rule: 'r', point: 'a', severity: 'p3', state: 'active', raised_at: '', ...extra });

  it('collects readings and tells each point once, only where something changed', () => {
    const store = new LiveStore();
    store.seedPoints([point('a'), point('b')]);
    const [a, b, all] = [vi.fn(), vi.fn(), vi.fn()];
    store.subscribePoint('a', a);
    store.subscribePoint('b', b);
    store.subscribeReadings('a', all);
    store.enqueue([reading('a', 2000), reading('a', 3000)]);
    store.enqueue([reading('a', 4000)]);
    expect(a).not.toHaveBeenCalled();
    vi.advanceTimersByTime(250);
    expect(a).toHaveBeenCalledTimes(1);
    expect(b).not.toHaveBeenCalled();
    expect(all.mock.calls[0]![0]).toHaveLength(3);
    expect(store.point('a')?.time).toBe(4000);
  });

  it('reports a point that no list has named and does not grow by it', () => {
    const store = new LiveStore();
    store.seedPoints([point('a')]);
    store.onUnknownPoint = vi.fn();
    store.enqueue([reading('new', 1)]);
    store.flush();
    expect(store.onUnknownPoint).toHaveBeenCalledTimes(1);
    expect(store.point('new')).toBeUndefined();
  });

  it('does not let a list that was loaded earlier overwrite a newer live value', () => {
    const store = new LiveStore();
    store.seedPoints([point('a')]);
    store.enqueue([reading('a', 5000, 7)]);
    store.flush();
    store.seedPoints([point('a')]);
    expect(store.point('a')).toMatchObject({ time: 5000, value: 7 });
  });

  it('holds the active alarms of a point and drops cleared ones', () => {
    const store = new LiveStore();
    store.seedAlarms([alarm()]);
    store.applyAlarm(alarm({ id: '2', severity: 'p1' }));
    expect(store.alarmsOf('a').map((each) => each.id)).toEqual(['1', '2']);
    const before = store.alarmVersion;
    store.applyAlarm(alarm({ state: 'cleared', cleared_at: '2026-01-01T00:00:00Z' }));
    expect(store.alarmsOf('a').map((each) => each.id)).toEqual(['2']);
    expect(store.alarmVersion).toBeGreaterThan(before);
  });
});

describe('clock', () => {
  it('runs at the hub’s speed from the hub’s time', () => {
    let monotonic = 100;
    const clock = new HubClock(() => monotonic, 5);
    monotonic += 10;
    expect(clock.now()).toBe(15);
    clock.sync(1_000_000, 600);
    monotonic += 2000;
    expect(clock.now()).toBe(1_000_000 + 1_200_000);
  });
});

describe('throttle', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it('runs at once, then once for all calls of the pause', () => {
    const action = vi.fn();
    const { call, cancel } = throttle(action, 1000);
    call();
    call();
    call();
    expect(action).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(action).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(5000);
    expect(action).toHaveBeenCalledTimes(2);
    call();
    call();
    cancel();
    vi.advanceTimersByTime(5000);
    expect(action).toHaveBeenCalledTimes(3);
  });
});

describe('loading the past of points on the screen', () => {
  it('loads each once, three at a time, the latest wanted first, and drops what left the screen', async () => {
    const started: string[] = [];
    const ends = new Map<string, () => void>();
    const queue = new SeedQueue((id) => {
      started.push(id);
      return new Promise((resolve, reject) => ends.set(id, id === 'b' ? () => reject(new Error('gone')) : resolve));
    });
    const drops = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => queue.want(id));
    expect(started).toEqual(['a', 'b', 'c']);
    drops[3]!(); // d scrolled away
    ends.get('b')!();
    await vi.waitFor(() => expect(started).toEqual(['a', 'b', 'c', 'f']));
    ends.get('a')!();
    await vi.waitFor(() => expect(started).toEqual(['a', 'b', 'c', 'f', 'e']));
    queue.want('a');
    ends.get('c')!();
    await Promise.resolve();
    expect(started).toHaveLength(5);
  });
});
