import type { CommandName } from './state';

/** A field of a command's dialog: free text, several texts, a local time, a tick, or one of these words under the i18n prefix. */
export interface Field { name: string; kind: 'text' | 'list' | 'time' | 'tick' | 'choice'; required?: boolean; prefix?: 'answer' | 'hold'; words?: readonly string[] }

export interface Form { fields?: readonly Field[]; reason?: boolean }

const unit: Field = { name: 'unit', kind: 'text', required: true };
const photo: Field = { name: 'photo', kind: 'text' };

/** What each command asks for; one that is not here asks for nothing but a note. The hub says what is missing. */
export const forms: Partial<Record<CommandName, Form>> = {
  accept: { fields: [{ name: 'unit', kind: 'text' }] },
  arrive: { fields: [{ name: 'tag', kind: 'text' }] },
  start: { fields: [photo] },
  fixed: { fields: [photo] },
  'no-fault': { fields: [{ ...photo, required: true }, { name: 'reading', kind: 'text', required: true }, { name: 'cause', kind: 'text', required: true }] },
  hold: { fields: [{ name: 'code', kind: 'choice', prefix: 'hold', words: ['parts', 'access', 'weather', 'owner', 'legal'], required: true }, { name: 'until', kind: 'time', required: true }] },
  'ask-extension': { fields: [{ name: 'until', kind: 'time', required: true }], reason: true },
  return: { fields: [{ name: 'code', kind: 'text', required: true }, { name: 'evidence', kind: 'text', required: true }], reason: true },
  assign: { fields: [{ name: 'crew', kind: 'text', required: true }] },
  whistle: { fields: [{ name: 'units', kind: 'list', required: true }, { name: 'text', kind: 'text', required: true }] },
  'report-in': { fields: [unit, { name: 'remote', kind: 'tick' }] },
  'task-done': { fields: [unit] },
  'co-done': { fields: [unit] },
  dispatch: { fields: [unit, { name: 'co_units', kind: 'list' }] },
  reject: { reason: true },
  'confirm-false-alarm': { fields: [{ name: 'sensor_faulty', kind: 'tick' }] },
  callback: { fields: [{ name: 'answer', kind: 'choice', prefix: 'answer', words: ['solved', 'not-solved', 'unreachable'], required: true }] },
  'not-fixed': { reason: true },
  'refuse-extension': { reason: true },
  escalate: { reason: true },
  'ask-owner': { reason: true },
  'set-owner': { fields: [{ name: 'owner', kind: 'text', required: true }], reason: true },
  merge: { fields: [{ name: 'into', kind: 'text', required: true }] },
  unmerge: { reason: true },
  refer: { fields: [{ name: 'target', kind: 'text', required: true }, { name: 'resident_told', kind: 'tick' }] },
  'flag-audit': { reason: true },
  cancel: { reason: true },
};

export type Values = Record<string, string | boolean>;

/** The arguments that the hub expects: texts trimmed, lists split, times with their zone, what is empty left out. */
export function argsOf(name: CommandName, values: Values): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const field of forms[name]?.fields ?? []) {
    const value = values[field.name];
    if (field.kind === 'tick') {
      if (value === true) args[field.name] = true;
      continue;
    }
    const text = typeof value === 'string' ? value.trim() : '';
    if (text === '') continue;
    if (field.kind === 'list') args[field.name] = text.split(/[,，、]/).map((part) => part.trim()).filter((part) => part !== '');
    else args[field.name] = field.kind === 'time' ? new Date(text).toISOString() : text;
  }
  return args;
}

/** Nothing that is required is missing. */
export function isComplete(name: CommandName, values: Values, words: string): boolean {
  const args = argsOf(name, values);
  return (!forms[name]?.reason || words.trim() !== '') && (forms[name]?.fields ?? []).every((field) => !field.required || args[field.name] !== undefined);
}
