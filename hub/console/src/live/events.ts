import type { Alarm, RawQuality, ReadingValue } from '../api/types';
import { qualityMarks } from '../format/value';

export interface LiveReading { point: string; time: number; value: ReadingValue; quality: string[] }

/** Data of a `reading` event: one reading, an array of them, or `{readings:[…]}`. What is not a reading is left out, never thrown. */
export function parseReadings(text: string): LiveReading[] {
  const json = parse(text);
  const list = Array.isArray(json) ? json : isRecord(json) && Array.isArray(json['readings']) ? json['readings'] : [json];
  const readings: LiveReading[] = [];
  for (const item of list) {
    if (!isRecord(item) || typeof item['point'] !== 'string' || typeof item['time'] !== 'string') continue;
    const time = Date.parse(item['time']);
    const value = item['value'];
    if (!Number.isFinite(time) || !isValue(value)) continue;
    readings.push({ point: item['point'], time, value, quality: qualityMarks(item['quality'] as RawQuality) });
  }
  return readings;
}

export function parseAlarm(text: string): Alarm | null {
  const json = parse(text);
  return isRecord(json) && typeof json['id'] === 'string' && typeof json['point'] === 'string' ? (json as unknown as Alarm) : null;
}

export function parseClock(text: string): { now: number; speed: number } | null {
  const json = parse(text);
  if (!isRecord(json) || typeof json['now'] !== 'string') return null;
  const now = Date.parse(json['now']);
  const speed = typeof json['speed'] === 'number' && json['speed'] > 0 ? json['speed'] : 1;
  return Number.isFinite(now) ? { now, speed } : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a torn event: the next one or the next load of the list repairs it
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isValue = (value: unknown): value is ReadingValue => value === null || ['number', 'boolean', 'string'].includes(typeof value);
