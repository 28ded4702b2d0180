import type { Alarm } from '../api/types';

export type Severity = 'p1' | 'p2' | 'p3' | 'p4' | 'p5';
export type PointState = 'ok' | 'silent' | Severity;

export const severities: readonly Severity[] = ['p1', 'p2', 'p3', 'p4', 'p5'];

/** `P3`, `p3`, `3` → `p3`; anything else is the least urgent. */
export function severityOf(raw: string | number | null | undefined): Severity {
  const text = String(raw ?? '').toLowerCase().replace(/^p?/, 'p') as Severity;
  return severities.includes(text) ? text : 'p5';
}

/** Colours with at least 4.5 : 1 contrast against white text (`solid`) and a tint for bands. The word always stands beside them. */
export const severityColors: Record<Severity, { solid: string; band: string }> = {
  p1: { solid: '#a8071a', band: 'rgba(168,7,26,0.22)' },
  p2: { solid: '#c9302c', band: 'rgba(201,48,44,0.18)' },
  p3: { solid: '#b45309', band: 'rgba(217,119,6,0.18)' },
  p4: { solid: '#7a6200', band: 'rgba(202,165,20,0.20)' },
  p5: { solid: '#52606d', band: 'rgba(82,96,109,0.15)' },
};

export function isActive(alarm: Alarm): boolean {
  return alarm.state !== 'cleared' && !alarm.cleared_at;
}

/** 0 is the most urgent: P1…P5, then silent, then ok. */
export function stateRank(state: PointState): number {
  if (state === 'ok') return 6;
  return state === 'silent' ? 5 : severities.indexOf(state);
}

/**
 * State of one point: the worst active value alarm; else silent while a silence alarm is active; else what the list said.
 * `alarmsKnown` tells whether `alarms` is complete: only then does an empty list overrule a listed severity. `heardSince`: a reading
 * came after the list was loaded, so a listed silence is over.
 */
export function pointState(listed: string | null | undefined, alarms: readonly Alarm[] | undefined, alarmsKnown: boolean, heardSince: boolean): PointState {
  let worst: Severity | null = null;
  let silent = false;
  for (const alarm of alarms ?? []) {
    if (!isActive(alarm)) continue;
    if (alarm.reason === 'no-data' || alarm.reason === 'no_data') {
      silent = true;
      continue;
    }
    const severity = severityOf(alarm.severity);
    if (worst === null || severities.indexOf(severity) < severities.indexOf(worst)) worst = severity;
  }
  if (worst) return worst;
  if (silent) return 'silent';
  if (!listed || listed === 'ok') return 'ok';
  if (listed === 'silent') return heardSince ? 'ok' : 'silent';
  return alarmsKnown ? 'ok' : severityOf(listed);
}
