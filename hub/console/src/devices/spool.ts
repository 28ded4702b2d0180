/** Backlog of an agent as it announces it: records and bytes where given. */
export interface Backlog { records: number | null; bytes: number | null }

const recordKeys = ['records', 'pending', 'backlog', 'messages', 'count'];
const byteKeys = ['bytes', 'pending_bytes', 'size'];

export function backlogOf(spool: Record<string, unknown> | number | null | undefined): Backlog | null {
  if (spool === null || spool === undefined) return null;
  if (typeof spool === 'number') return { records: spool, bytes: null };
  const pick = (keys: readonly string[]) => keys.map((key) => spool[key]).find((value): value is number => typeof value === 'number') ?? null;
  return { records: pick(recordKeys), bytes: pick(byteKeys) };
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
