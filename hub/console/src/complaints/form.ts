export type Field = 'category' | 'text' | 'asset' | 'address' | 'name' | 'phone';

export const fields: readonly { name: Field; needed: boolean; max: number }[] = [
  { name: 'category', needed: true, max: 64 },
  { name: 'text', needed: true, max: 4000 },
  { name: 'asset', needed: false, max: 128 },
  { name: 'address', needed: false, max: 400 },
  { name: 'name', needed: false, max: 100 },
  { name: 'phone', needed: false, max: 32 },
];

export type Values = Record<Field, string>;

export const emptyForm = (): Values => ({ category: '', text: '', asset: '', address: '', name: '', phone: '' });

/** What and where; who is the resident's choice. */
export function isComplete(values: Values): boolean {
  const has = (field: Field) => values[field].trim() !== '';
  return has('category') && has('text') && (has('asset') || has('address'));
}

/** What is sent: fields that were left empty are left out. */
export function bodyOf(values: Values): Record<string, unknown> {
  const { name, phone, ...rest } = Object.fromEntries(Object.entries(values).map(([field, text]) => [field, text.trim()]).filter(([, text]) => text !== '')) as Partial<Values>;
  return { channel: 'console', ...rest, ...(name || phone ? { reporter: { ...(name ? { name } : {}), ...(phone ? { phone } : {}) } } : {}) };
}

/** Who may take complaints in: everybody but a viewer. */
export const mayTakeIn = (role: string): boolean => role !== 'viewer';
