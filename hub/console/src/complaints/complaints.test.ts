import { describe, expect, it } from 'vitest';
import { bodyOf, emptyForm, isComplete, mayTakeIn } from './form';

describe('the form of a complaint', () => {
  it('needs what and where, not who', () => {
    const told = { ...emptyForm(), category: 'heating.room', text: '冷' };
    expect(isComplete(told)).toBe(false);
    expect(isComplete({ ...told, asset: ' ' })).toBe(false);
    expect(isComplete({ ...told, asset: 'room-301' })).toBe(true);
    expect(isComplete({ ...told, address: '阳光路 1 号' })).toBe(true);
    expect(isComplete({ ...told, text: '', asset: 'room-301' })).toBe(false);
  });

  it('leaves out what was left empty', () => {
    expect(bodyOf({ ...emptyForm(), category: ' heating.room ', text: '冷', asset: 'room-301' })).toEqual({ channel: 'console', category: 'heating.room', text: '冷', asset: 'room-301' });
    expect(bodyOf({ ...emptyForm(), category: 'a', text: 'b', address: 'c', phone: '138' })).toEqual({ channel: 'console', category: 'a', text: 'b', address: 'c', reporter: { phone: '138' } });
  });

  it('is not for viewers', () => {
    expect(['viewer', 'crew', 'manager', 'admin'].map(mayTakeIn)).toEqual([false, true, true, true]);
  });
});
