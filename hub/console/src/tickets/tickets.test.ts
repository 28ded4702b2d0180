import { describe, expect, it } from 'vitest';
import { ApiError, problem } from '../api/client';
import { errorText } from '../api/errorText';
import { adaptersOf, backlogOf, formatBytes, payloadText } from '../devices/spool';
import { translator } from '../i18n/translate';
import { argsOf, forms, isComplete } from './forms';
import { beganAt, closedStates, commandNames, commandsOf, duesOf, idempotencyKey, isClosed, isOverdue, openStates, stateWord } from './state';

describe('commands', () => {
  it('are what the hub says, in the order of the buttons', () => {
    expect(commandsOf({ commands: ['cancel', 'accept', 'unheard-of', 'hold'] })).toEqual(['accept', 'hold', 'cancel']);
    expect(commandsOf({ commands: [] })).toEqual([]);
    expect(commandsOf({})).toEqual([]);
    for (const state of [...closedStates, 'dropped']) expect(isClosed({ state })).toBe(true);
  });

  it('send what their form asks for, and not before it is complete', () => {
    expect(isComplete('whistle', { units: 'gas' }, '')).toBe(false);
    expect(isComplete('whistle', { units: 'gas', text: 'dig' }, '')).toBe(true);
    expect(argsOf('whistle', { units: 'gas，water, 、', text: ' dig ' })).toEqual({ units: ['gas', 'water'], text: 'dig' });
    expect(argsOf('hold', { code: 'parts', until: '2026-01-01T08:00' })).toEqual({ code: 'parts', until: new Date('2026-01-01T08:00').toISOString() });
    expect(argsOf('report-in', { unit: 'gas', remote: true, text: 'left out' })).toEqual({ unit: 'gas', remote: true });
    expect(isComplete('cancel', {}, ' ')).toBe(false);
    expect(isComplete('cancel', {}, 'drill')).toBe(true);
  });

  it('have a key of their own each time', () => {
    expect(idempotencyKey()).not.toBe(idempotencyKey());
  });

  it('have a word for every state in both languages', () => {
    for (const language of ['zh', 'en'] as const) {
      for (const state of [...openStates, ...closedStates]) expect(translator(language).word('tstate', state)).not.toBe(state);
      for (const name of commandNames) for (const field of forms[name]?.fields ?? []) expect(translator(language).word('args', field.name)).not.toBe(field.name);
    }
  });

  it('read states however they are spelled', () => {
    expect(stateWord({ state: 'PendingVerify' })).toBe('pending-verify');
    expect(stateWord({ state: 'self_cleared' })).toBe('self-cleared');
  });
});

describe('times', () => {
  it('of deadlines are sorted, the absent left out', () => {
    expect(duesOf({ due: { fix: '2026-01-02T00:00:00Z', accept: '2026-01-01T00:00:00Z', verify: null } }).map((due) => due.name)).toEqual(['accept', 'fix']);
    expect(duesOf({})).toEqual([]);
  });

  it('are broken only where people keep them', () => {
    const due = { self_clear: '2026-01-01T00:00:00Z', wait: '2026-01-01T00:00:00Z' };
    const now = Date.UTC(2026, 1, 1);
    expect(isOverdue({ state: 'open', due }, now)).toBe(false);
    expect(isOverdue({ state: 'open', due: { ...due, fix: '2026-01-01T00:00:00Z' } }, now)).toBe(true);
    expect(isOverdue({ state: 'pending-verify', verify_overdue: true }, now)).toBe(true);
    expect(isOverdue({ state: 'closed', due: { fix: '2026-01-01T00:00:00Z' } }, now)).toBe(false);
  });

  it('begin at the opening, before it at the first alarm', () => {
    expect(beganAt({ opened_at: null, raised_at: '1970-01-01T00:00:01Z' })).toBe(1000);
    expect(beganAt({ opened_at: '1970-01-01T00:00:02Z', raised_at: '1970-01-01T00:00:01Z' })).toBe(2000);
  });
});

describe('errors', () => {
  const t = translator('en');
  it('are told in the hub’s own words', () => {
    expect(errorText(problem(409, { title: 'Conflict', detail: 'version 3 is current' }), t)).toBe('version 3 is current');
    expect(errorText(problem(403, { title: 'Forbidden' }), t)).toBe('Forbidden');
    expect(errorText(problem(502, undefined), t)).toBe('The hub answered with error 502');
    expect(errorText(new ApiError(0, '', ''), t)).toContain('cannot be reached');
  });
});

describe('devices', () => {
  it('announce their backlog and their adapters', () => {
    expect(backlogOf({ records: 12, bytes: 2048 })).toEqual({ records: 12, bytes: 2048, dropped: 0 });
    expect(backlogOf({ records: 0, bytes: 4096, dropped: 3 })).toEqual({ records: 0, bytes: 4096, dropped: 3 });
    expect(adaptersOf([{ id: 'a', state: 'running' }, { id: 'b', state: 'faulted', last_error: 'no answer' }])).toEqual({ count: 2, faults: ['b: no answer'] });
    expect(adaptersOf(null)).toEqual({ count: 0, faults: [] });
    expect(backlogOf(null)).toBeNull();
    expect(formatBytes(1536)).toBe('1.5 KiB');
    expect(formatBytes(12)).toBe('12 B');
  });

  it('show refused payloads as text only when they are text', () => {
    expect(payloadText(btoa('[{"n":"a"}]'))).toEqual({ text: '[{"n":"a"}]', length: 11 });
    expect(payloadText(btoa('\xff\xfe'))).toEqual({ text: null, length: 2 });
    expect(payloadText('***')).toEqual({ text: null, length: 0 });
  });
});
