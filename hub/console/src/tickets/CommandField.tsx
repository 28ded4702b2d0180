import { Checkbox, Input, Select } from 'antd';
import { useText } from '../i18n/LanguageProvider';
import type { Field } from './forms';

/** One field of a command's dialog. */
export function CommandField({ field, value, change }: { field: Field; value: string | boolean | undefined; change: (value: string | boolean) => void }) {
  const t = useText();
  const label = t.word('args', field.name);
  const text = typeof value === 'string' ? value : '';
  if (field.kind === 'tick') return <Checkbox className="dialog-label" checked={value === true} onChange={(event) => change(event.target.checked)}>{label}</Checkbox>;
  return (
    <label className="dialog-label">
      {label}
      {field.kind === 'choice'
        ? <Select value={text === '' ? null : text} onChange={change} options={(field.words ?? []).map((word) => ({ value: word, label: t.word(field.prefix ?? '', word) }))} style={{ width: '100%' }} />
        : <Input type={field.kind === 'time' ? 'datetime-local' : 'text'} value={text} maxLength={500} required={field.required} onChange={(event) => change(event.target.value)} />}
    </label>
  );
}
