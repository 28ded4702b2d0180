import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { activeAlarmsQuery, getClock, pointsQuery } from '../api/resources';
import { LiveStore } from './store';
import { openStream } from './stream';
import { throttle } from './throttle';

const Context = createContext<LiveStore | null>(null);

/** Opens the stream, feeds the store from the loaded lists, and reloads lists (at most once a second each) when the stream says that they changed. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [store] = useState(() => new LiveStore());
  const client = useQueryClient();
  const clock = useQuery({ queryKey: ['clock'], queryFn: getClock, refetchInterval: 60_000 });
  const points = useQuery(pointsQuery);
  const alarms = useQuery(activeAlarmsQuery);

  useEffect(() => {
    if (!clock.data) return;
    const now = Date.parse(clock.data.now);
    if (Number.isFinite(now)) store.clock.sync(now, clock.data.speed > 0 ? clock.data.speed : 1);
  }, [clock.data, store]);
  useEffect(() => { if (points.data) store.seedPoints(points.data.items); }, [points.data, store]);
  useEffect(() => { if (alarms.data) store.seedAlarms(alarms.data.items); }, [alarms.data, store]);

  useEffect(() => {
    const reload = (...keys: string[]) => throttle(() => keys.forEach((key) => void client.invalidateQueries({ queryKey: [key] })), 1000);
    const reloaders = { alarms: reload('alarms', 'summary'), tickets: reload('tickets', 'summary'), devices: reload('devices', 'summary'), all: throttle(() => void client.invalidateQueries(), 1000) };
    const unknown = throttle(() => void client.invalidateQueries({ queryKey: ['points'] }), 5000);
    store.onUnknownPoint = unknown.call;
    const stop = openStream(store, (what) => reloaders[what].call());
    return () => {
      stop();
      Object.values(reloaders).forEach((reloader) => reloader.cancel());
      unknown.cancel();
    };
  }, [client, store]);

  return <Context value={store}>{children}</Context>;
}

export function useLiveStore(): LiveStore {
  const store = useContext(Context);
  if (!store) throw new Error('useLiveStore outside LiveProvider');
  return store;
}
