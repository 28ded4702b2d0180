import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Input, Modal } from 'antd';
import { useState } from 'react';
import { ApiError } from '../api/client';
import { errorText } from '../api/errorText';
import { addComplaint } from '../api/resources';
import { useText } from '../i18n/LanguageProvider';
import { idempotencyKey } from '../tickets/state';
import { bodyOf, emptyForm, fields, isComplete, type Field } from './form';

/** One complaint as it is told. What the hub refuses it says itself, field by field. */
export function ComplaintForm({ close }: { close: () => void }) {
  const t = useText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [values, setValues] = useState(emptyForm);
  const [key, setKey] = useState(idempotencyKey);
  const send = useMutation({
    mutationFn: () => addComplaint(bodyOf(values), key),
    onSuccess: (answer) => {
      message.success(t.word('complaint.done', answer.linked));
      close();
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) client.setQueryData(['session'], null);
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ['complaints'] }), client.invalidateQueries({ queryKey: ['tickets'] })]),
  });
  const set = (field: Field, text: string) => {
    setValues({ ...values, [field]: text });
    // Another text is another complaint.
    setKey(idempotencyKey());
  };
  return (
    <Modal open title={t('complaint.new')} okText={t('complaint.send')} cancelText={t('ticket.back')} okButtonProps={{ disabled: !isComplete(values) }} confirmLoading={send.isPending} onCancel={close} onOk={() => send.mutate()}>
      {fields.map(({ name, needed, max }) => (
        <label key={name} className="dialog-label">
          {t(`complaint.${name}`)}{needed ? ' *' : ''}
          {name === 'text'
            ? <Input.TextArea value={values[name]} maxLength={max} autoSize={{ minRows: 2, maxRows: 8 }} required={needed} onChange={(event) => set(name, event.target.value)} />
            : <Input value={values[name]} maxLength={max} required={needed} autoComplete="off" onChange={(event) => set(name, event.target.value)} />}
        </label>
      ))}
      <p className="sub">{t('complaint.hint')}</p>
      {send.isError && <Alert type="error" showIcon title={errorText(send.error, t)} />}
    </Modal>
  );
}
