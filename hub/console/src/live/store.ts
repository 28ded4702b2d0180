import type { Alarm, Point } from '../api/types';
import { isActive } from '../format/severity';
import { asNumber, qualityMarks } from '../format/value';
import { HubClock } from './clock';
import type { LiveReading } from './events';
import { applyReadings, mergeSeries, type LivePoint, type Sample } from './reducer';

export type Connection = 'connecting' | 'live' | 'lost' | 'paused';
type Listener = () => void;
type ReadingsListener = (readings: readonly LiveReading[]) => void;

/** Readings are collected this long before they are shown, so that a busy city costs four repaints a second and no more. */
export const flushEveryMs = 250;
const maxPending = 50_000;

/**
 * Live state outside of React: a component subscribes to the one point it shows, so that a reading repaints a cell and not a table.
 * Bounded: pending readings by `maxPending`, points by the list that was loaded.
 */
export class LiveStore {
  readonly clock = new HubClock(() => performance.now(), Date.now());
  private readonly points = new Map<string, LivePoint>();
  private readonly known = new Set<string>();
  private readonly active = new Map<string, Map<string, Alarm>>();
  private pending: LiveReading[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly pointListeners = new Map<string, Set<Listener>>();
  private readonly readingListeners = new Map<string, Set<ReadingsListener>>();
  private readonly alarmListeners = new Set<Listener>();
  private readonly connectionListeners = new Set<Listener>();
  /** Called when a reading of a point comes that no list has named. */
  onUnknownPoint: Listener = () => undefined;
  connection: Connection = 'connecting';
  alarmsKnown = false;
  /** Rises with every change of the active alarms: what `useSyncExternalStore` compares. */
  alarmVersion = 0;

  setConnection(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    this.connectionListeners.forEach((listener) => listener());
  }

  enqueue(readings: readonly LiveReading[]): void {
    for (const reading of readings) this.pending.push(reading);
    if (this.pending.length > maxPending) this.flush();
    else this.timer ??= setTimeout(() => (document.hidden ? this.flush() : requestAnimationFrame(() => this.flush())), flushEveryMs);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.pending;
    this.pending = [];
    if (batch.length === 0) return;
    const named = batch.filter((reading) => this.known.has(reading.point));
    if (named.length < batch.length && this.known.size > 0) this.onUnknownPoint();
    for (const id of applyReadings(this.points, named)) {
      this.pointListeners.get(id)?.forEach((listener) => listener());
      const listeners = this.readingListeners.get(id);
      if (listeners?.size) {
        const own = named.filter((reading) => reading.point === id);
        listeners.forEach((listener) => listener(own));
      }
    }
  }

  point(id: string): LivePoint | undefined {
    return this.points.get(id);
  }

  /** Takes over a freshly loaded list; what came live and is newer stays. */
  seedPoints(items: readonly Point[]): void {
    for (const item of items) {
      this.known.add(item.id);
      const time = item.last ? Date.parse(item.last.time) : NaN;
      const before = this.points.get(item.id);
      if (!item.last || !Number.isFinite(time) || (before && before.time >= time)) continue;
      const v = asNumber(item.last.value);
      const series = Number.isFinite(v) ? mergeSeries(before?.series ?? [], [{ t: time, v }]) : (before?.series ?? []);
      this.points.set(item.id, { time, value: item.last.value, quality: qualityMarks(item.last.quality), series });
      this.pointListeners.get(item.id)?.forEach((listener) => listener());
    }
  }

  seedSeries(id: string, samples: readonly Sample[]): void {
    const point = this.points.get(id);
    if (!point || samples.length === 0) return;
    this.points.set(id, { ...point, series: mergeSeries(samples, point.series) });
    this.pointListeners.get(id)?.forEach((listener) => listener());
  }

  seedAlarms(alarms: readonly Alarm[]): void {
    this.active.clear();
    for (const alarm of alarms) this.put(alarm);
    this.alarmsKnown = true;
    this.alarmsChanged();
  }

  applyAlarm(alarm: Alarm): void {
    this.put(alarm);
    this.alarmsChanged();
  }

  alarmsOf(point: string): readonly Alarm[] {
    const alarms = this.active.get(point);
    return alarms ? [...alarms.values()] : [];
  }

  subscribePoint(id: string, listener: Listener): Listener {
    return subscribeIn(this.pointListeners, id, listener);
  }

  /** Every reading of the point, for a chart that may not miss one. */
  subscribeReadings(id: string, listener: ReadingsListener): Listener {
    return subscribeIn(this.readingListeners, id, listener);
  }

  readonly subscribeAlarms = (listener: Listener): Listener => {
    this.alarmListeners.add(listener);
    return () => this.alarmListeners.delete(listener);
  };

  readonly subscribeConnection = (listener: Listener): Listener => {
    this.connectionListeners.add(listener);
    return () => this.connectionListeners.delete(listener);
  };

  private put(alarm: Alarm): void {
    const alarms = this.active.get(alarm.point);
    if (isActive(alarm)) {
      if (alarms) alarms.set(alarm.id, alarm);
      else this.active.set(alarm.point, new Map([[alarm.id, alarm]]));
    } else if (alarms?.delete(alarm.id) && alarms.size === 0) {
      this.active.delete(alarm.point);
    }
  }

  private alarmsChanged(): void {
    this.alarmVersion++;
    this.alarmListeners.forEach((listener) => listener());
  }
}

function subscribeIn<L>(map: Map<string, Set<L>>, id: string, listener: L): Listener {
  const listeners = map.get(id) ?? new Set<L>();
  map.set(id, listeners.add(listener));
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) map.delete(id);
  };
}
