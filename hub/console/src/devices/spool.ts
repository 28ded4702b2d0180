import type { Device } from '../api/types';

/** Spool of an agent as it announces it: records not yet acknowledged, bytes on disk, records given up at the cap. */
export interface Backlog { records: number; bytes: number; dropped: number }

export function backlogOf(spool: Device['spool']): Backlog | null {
  if (!spool) return null;
  const number = (value: unknown) => (typeof value === 'number' && value > 0 ? value : 0);
  return { records: number(spool.records), bytes: number(spool.bytes), dropped: number(spool.dropped) };
}

/** How many adapters there are and which of them have failed, with the last error. */
export function adaptersOf(adapters: Device['adapters']): { count: number; faults: string[] } {
  const list = adapters ?? [];
  return { count: list.length, faults: list.filter((each) => each.state === 'faulted').map((each) => (each.last_error ? `${each.id}: ${each.last_error}` : each.id)) };
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

/** Bytes of a payload as text when they are UTF-8, else null. */
export function payloadText(base64: string): { text: string | null; length: number } {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return { text: null, length: 0 }; // not base64: nothing to show
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), length: bytes.length };
  } catch {
    return { text: null, length: bytes.length }; // not UTF-8
  }
}
