import { useSyncExternalStore } from 'react';

export type Page = 'points' | 'alarms' | 'tickets' | 'complaints' | 'devices';
export interface Route { page: Page; id: string | null; query: URLSearchParams }

const pages: readonly string[] = ['points', 'alarms', 'tickets', 'complaints', 'devices'];

/** `#/points/site%2Fdevice%2Fname?range=6h`; ids may also be written with plain slashes. Anything unknown is the points page. */
export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#\/?/, '');
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const slash = path.indexOf('/');
  const page = slash < 0 ? path : path.slice(0, slash);
  const rest = slash < 0 ? '' : path.slice(slash + 1);
  if (!pages.includes(page)) return { page: 'points', id: null, query: new URLSearchParams() };
  return { page: page as Page, id: rest ? decode(rest) : null, query: new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)) };
}

export function linkTo(page: Page, id?: string | null, query?: URLSearchParams): string {
  const tail = query?.toString();
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ''}${tail ? `?${tail}` : ''}`;
}

/** Replaces the query of the current page without a new history entry, so that a filtered list can be shared and survives Back. */
export function replaceQuery(route: Route, changes: Record<string, string | null>): void {
  const query = new URLSearchParams(route.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  history.replaceState(history.state, '', linkTo(route.page, route.id, query));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  if (hash !== cachedHash) [cachedHash, cachedRoute] = [hash, parseRoute(hash)];
  return cachedRoute;
}

let cachedHash: string | null = null;
let cachedRoute: Route = parseRoute('');

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a hand-typed stray percent sign: take it literally
  }
}
