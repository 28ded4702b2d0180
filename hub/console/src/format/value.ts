import type { RawQuality, ReadingValue } from '../api/types';
import type { Translate } from '../i18n/translate';

/** How a stored (canonical SenML) unit is shown to people: a label and what to multiply by. Only the picture changes, never the data. */
export interface Display { label: string; factor: number }

const displays: Record<string, Display> = {
  Cel: { label: '°C', factor: 1 },
  '%RH': { label: '%RH', factor: 1 },
  Pa: { label: 'kPa', factor: 1e-3 },
  'm3/s': { label: 'm³/h', factor: 3600 },
  m3: { label: 'm³', factor: 1 },
  J: { label: 'kWh', factor: 1 / 3.6e6 },
  lx: { label: 'lx', factor: 1 },
};

export function displayOf(kind: string, unit: string | null | undefined): Display {
  if (kind === 'ratio' && (!unit || unit === '/')) return { label: '%', factor: 100 };
  if (!unit || unit === '/' || unit === '1') return { label: '', factor: 1 };
  return displays[unit] ?? { label: unit, factor: 1 };
}

/** Enough digits to see a change, not more: counters keep one decimal, small numbers three significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '—';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return value.toExponential(2);
  if (size >= 100) return trim(value.toFixed(1));
  if (size >= 1) return trim(value.toFixed(2));
  return trim(value.toPrecision(3));
}

/** Without the unit. */
export function formatValue(value: ReadingValue | undefined, display: Display, t: Translate): string {
  if (value === null || value === undefined) return '—';
  if (typeof value === 'number') return formatNumber(value * display.factor);
  if (typeof value === 'boolean') return t(value ? 'value.true' : 'value.false');
  return value;
}

export function formatWithUnit(value: ReadingValue | undefined, display: Display, t: Translate): string {
  const text = formatValue(value, display, t);
  return typeof value === 'number' && display.label ? `${text} ${display.label}` : text;
}

/** What a chart or a rule compares: number as is, boolean as 0 or 1, NaN for text. */
export function asNumber(value: ReadingValue | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return NaN;
}

const flags = ['future_time', 'out_of_range', 'stuck', 'jump', 'sensor_fault'] as const;

/** Marks of doubt as words; empty means good. Takes the store's integer flags as well as words. */
export function qualityMarks(raw: RawQuality): string[] {
  if (raw === null || raw === undefined || raw === 0 || raw === '' || raw === 'good') return [];
  if (typeof raw === 'number') {
    const marks: string[] = flags.filter((_, bit) => (raw & (1 << bit)) !== 0);
    return marks.length > 0 ? marks : ['unknown'];
  }
  const words = typeof raw === 'string' ? raw.split(/[,|\s]+/) : raw;
  return words.map((word) => word.trim().replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase().replaceAll('-', '_')).filter((word) => word !== '' && word !== 'good');
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
