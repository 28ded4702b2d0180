import type { Page } from './types';

/** An answer that is not 2xx (RFC 9457 problem details where the hub gave them), or no answer at all (`status` 0). */
export class ApiError extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string) {
    super(detail || title || `HTTP ${status}`);
    this.name = 'ApiError';
  }
}

interface RequestOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

let csrfToken = '';

/** The token of the current session; sent with everything that changes something. */
export function rememberCsrfToken(token: string | null | undefined): void {
  csrfToken = token ?? '';
}

export async function call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrfToken) headers['x-csrf-token'] = csrfToken;
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, '', '');
  }
  const text = await response.text();
  const json = parseJson(text);
  if (!response.ok) throw problem(response.status, json);
  return json as T;
}

/** All pages of a list, up to `cap` items. */
export async function all<T>(path: string, cap: number, signal?: AbortSignal): Promise<{ items: T[]; truncated: boolean }> {
  const items: T[] = [];
  let cursor: string | null | undefined;
  do {
    const tail = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const page = await call<Page<T>>('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${Math.min(1000, cap)}${tail}`, { signal });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < cap);
  return { items: items.slice(0, cap), truncated: Boolean(cursor) || items.length > cap };
}

export function problem(status: number, json: unknown): ApiError {
  const fields = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  const text = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '');
  return new ApiError(status, text('title'), text('detail'));
}

function parseJson(text: string): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's HTML page: only the status tells something
  }
}
