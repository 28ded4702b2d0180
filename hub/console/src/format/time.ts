import type { Language, Translate } from '../i18n/translate';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s 15m 2h 3d` in ms; NaN for anything else. */
export function parseDuration(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text);
  return match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : NaN;
}

/** RFC 3339 → Unix ms; NaN when absent or unreadable. */
export function parseTime(text: string | null | undefined): number {
  return text ? Date.parse(text) : NaN;
}

/** How long something lasted or is past, in the one unit that fits: `12 s`, `3 min`, `5 h`, `2 d`. A little in the future counts as now. */
export function formatAge(ms: number, t: Translate): string {
  if (!Number.isFinite(ms)) return t('age.never');
  const seconds = ms / 1000;
  if (seconds < 1) return t('age.now');
  if (seconds < 100) return t('age.s', { n: Math.floor(seconds) });
  const minutes = seconds / 60;
  if (minutes < 100) return t('age.min', { n: Math.floor(minutes) });
  const hours = minutes / 60;
  if (hours < 48) return t('age.h', { n: Math.floor(hours) });
  return t('age.d', { n: Math.floor(hours / 24) });
}

/** `5m`, `2h` as people read it. */
export function formatEvery(every: string, t: Translate): string {
  return formatSpan(parseDuration(every), t);
}

/** A round length: the largest unit that divides it. */
export function formatSpan(ms: number, t: Translate): string {
  if (ms % unitMs.d === 0) return t('age.d', { n: ms / unitMs.d });
  if (ms % unitMs.h === 0) return t('age.h', { n: ms / unitMs.h });
  if (ms % unitMs.m === 0) return t('age.min', { n: ms / unitMs.m });
  return t('age.s', { n: ms / unitMs.s });
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(language: Language, style: 'full' | 'short' | 'clock'): Intl.DateTimeFormat {
  const key = language + style;
  let found = formatters.get(key);
  if (!found) {
    const date = { month: '2-digit', day: '2-digit' } as const;
    const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    found = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-CA', {
      full: { year: 'numeric', ...date, ...time, second: '2-digit' } as const,
      short: { ...date, ...time } as const,
      clock: { year: 'numeric', ...date, ...time } as const,
    }[style]);
    formatters.set(key, found);
  }
  return found;
}

/** In the browser's time zone; `short` leaves out year and seconds, `clock` the seconds. */
export function formatTime(ms: number, language: Language, style: 'full' | 'short' | 'clock' = 'full'): string {
  return Number.isFinite(ms) ? formatter(language, style).format(ms).replace(', ', ' ') : '—';
}
