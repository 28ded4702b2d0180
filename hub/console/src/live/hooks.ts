import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { getReadings } from '../api/resources';
import { asNumber } from '../format/value';
import { pointState, type PointState } from '../format/severity';
import type { Point } from '../api/types';
import { useLiveStore } from './LiveProvider';
import { seriesWindowMs, type LivePoint } from './reducer';
import { SeedQueue } from './seedQueue';
import type { Connection, LiveStore } from './store';

export function useLivePoint(id: string): LivePoint | undefined {
  const store = useLiveStore();
  const subscribe = useCallback((listener: () => void) => store.subscribePoint(id, listener), [store, id]);
  return useSyncExternalStore(subscribe, () => store.point(id));
}

export function useConnection(): Connection {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribeConnection, () => store.connection);
}

/** Rises whenever an active alarm comes, changes or goes. */
export function useAlarmVersion(): number {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribeAlarms, () => store.alarmVersion);
}

export function stateOf(store: LiveStore, point: Point): PointState {
  const live = store.point(point.id);
  const heardSince = live !== undefined && live.time > (point.last ? Date.parse(point.last.time) : -Infinity);
  return pointState(point.state, store.alarmsOf(point.id), store.alarmsKnown, heardSince);
}

/** The hub's time, told once a second of real time to all who ask through one timer. */
export function useHubNow(): number {
  const store = useLiveStore();
  useSyncExternalStore(subscribeTick, currentTick);
  return store.clock.now();
}

let tick = 0;
let ticker: ReturnType<typeof setInterval> | undefined;
const tickListeners = new Set<() => void>();
const currentTick = () => tick;
function subscribeTick(listener: () => void): () => void {
  tickListeners.add(listener);
  ticker ??= setInterval(() => {
    tick++;
    tickListeners.forEach((each) => each());
  }, 1000);
  return () => {
    tickListeners.delete(listener);
    if (tickListeners.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  };
}

const queues = new WeakMap<LiveStore, SeedQueue>();

/** Loads the recent past of a point once it is on the screen: 72 buckets of 5 minutes up to its last reading. */
export function useSeries(id: string, wanted: boolean): LivePoint | undefined {
  const store = useLiveStore();
  const point = useLivePoint(id);
  const ready = wanted && point !== undefined;
  useEffect(() => {
    if (!ready) return;
    let queue = queues.get(store);
    if (!queue) queues.set(store, (queue = new SeedQueue((each) => seed(store, each))));
    return queue.want(id);
  }, [ready, id, store]);
  return point;
}

async function seed(store: LiveStore, id: string): Promise<void> {
  const last = store.point(id)?.time;
  if (last === undefined) return;
  const page = await getReadings({ point: id, from: last - seriesWindowMs, to: last + 1, every: '5m' });
  store.seedSeries(id, page.items.map((item) => ({ t: Date.parse(item.time), v: asNumber(item.value) })).filter((s) => Number.isFinite(s.v) && Number.isFinite(s.t)));
}
