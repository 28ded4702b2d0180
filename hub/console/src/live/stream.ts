import { parseAlarm, parseClock, parseReadings } from './events';
import type { LiveStore } from './store';

export type Changed = 'alarms' | 'tickets' | 'devices' | 'all';

const firstRetryMs = 1000;
const longestRetryMs = 30_000;
/** A page in the background lets go of its stream after this long: browsers allow six connections to one host without HTTP/2. */
const hiddenAfterMs = 60_000;

/**
 * Keeps one `GET /api/v1/live` open. The browser itself resumes with Last-Event-ID; when it gives up (an error answer) a new stream is
 * opened with growing pauses, and everything is loaded again since events may be missing. Returns the way to stop.
 */
export function openStream(store: LiveStore, changed: (what: Changed) => void): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let hide: ReturnType<typeof setTimeout> | undefined;
  let pause = firstRetryMs;
  let wasOpen = false;

  const open = () => {
    close();
    store.setConnection(wasOpen ? 'lost' : 'connecting');
    const stream = (source = new EventSource('/api/v1/live'));
    stream.onopen = () => {
      store.setConnection('live');
      pause = firstRetryMs;
      if (wasOpen) changed('all');
      wasOpen = true;
    };
    stream.onerror = () => {
      store.setConnection('lost');
      if (stream.readyState !== EventSource.CLOSED) return;
      retry = setTimeout(open, pause);
      pause = Math.min(pause * 2, longestRetryMs);
    };
    stream.addEventListener('reading', (event) => store.enqueue(parseReadings(event.data)));
    stream.addEventListener('alarm', (event) => {
      const alarm = parseAlarm(event.data);
      if (alarm) store.applyAlarm(alarm);
      changed('alarms');
    });
    stream.addEventListener('ticket', () => changed('tickets'));
    stream.addEventListener('device', () => changed('devices'));
    stream.addEventListener('clock', (event) => {
      const clock = parseClock(event.data);
      if (clock) store.clock.sync(clock.now, clock.speed);
    });
  };
  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = undefined;
  };
  const visibility = () => {
    clearTimeout(hide);
    if (document.hidden) {
      hide = setTimeout(() => {
        close();
        store.setConnection('paused');
      }, hiddenAfterMs);
    } else if (!source) {
      open();
    }
  };

  document.addEventListener('visibilitychange', visibility);
  open();
  return () => {
    document.removeEventListener('visibilitychange', visibility);
    clearTimeout(hide);
    close();
  };
}
