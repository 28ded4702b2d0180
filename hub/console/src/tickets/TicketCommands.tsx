import { DownOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Dropdown, Input, Modal } from 'antd';
import { useState } from 'react';
import { ApiError } from '../api/client';
import { errorText } from '../api/errorText';
import { commandTicket } from '../api/resources';
import type { Ticket } from '../api/types';
import { useText } from '../i18n/LanguageProvider';
import { CommandField } from './CommandField';
import { argsOf, forms, isComplete, type Values } from './forms';
import { commandsOf, idempotencyKey, isClosed, type CommandName } from './state';

/** Buttons that are shown as such; the rest is under "more". */
const shown = 3;

/** Buttons for what may be done now. Each opens a small dialog, sends once per key, and shows the hub's own words when it refuses. */
export function TicketCommands({ ticket }: { ticket: Ticket }) {
  const t = useText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<{ name: CommandName; key: string } | null>(null);
  const [words, setWords] = useState('');
  const names = commandsOf(ticket);
  const [values, setValues] = useState<Values>({});
  const needsReason = dialog !== null && forms[dialog.name]?.reason === true;

  const send = useMutation({
    mutationFn: ({ name, key }: { name: CommandName; key: string }) => commandTicket(ticket, name, { ...(words.trim() ? { reason: words.trim() } : {}), args: argsOf(name, values) }, key),
    onSuccess: () => {
      setDialog(null);
      message.success(t('ticket.done'));
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) client.setQueryData(['session'], null);
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ['tickets'] }), client.invalidateQueries({ queryKey: ['summary'] })]),
  });
  const open = (name: CommandName) => {
    send.reset();
    setWords('');
    setValues({});
    setDialog({ name, key: idempotencyKey() });
  };
  const conflict = send.error instanceof ApiError && send.error.status === 409;

  if (names.length === 0 && !dialog) return isClosed(ticket) ? null : <p className="sub">{t('ticket.noCommands')}</p>;
  return (
    <div className="commands" role="group" aria-label={t('ticket.commands')}>
      {names.slice(0, shown).map((name, index) => (
        <Button key={name} size="large" type={index === 0 && name !== 'cancel' ? 'primary' : 'default'} danger={name === 'cancel'} onClick={() => open(name)}>{t(`command.${name}`)}</Button>
      ))}
      {names.length > shown && (
        <Dropdown trigger={['click']} menu={{ items: names.slice(shown).map((name) => ({ key: name, label: t(`command.${name}`), danger: name === 'cancel' })), onClick: ({ key }) => open(key as CommandName) }}>
          <Button size="large">{t('ticket.more')} <DownOutlined aria-hidden="true" /></Button>
        </Dropdown>
      )}
      <Modal
        open={dialog !== null}
        title={dialog ? t(`command.${dialog.name}`) : ''}
        okText={dialog ? t(`command.${dialog.name}`) : ''}
        cancelText={t('ticket.back')}
        okButtonProps={{ danger: dialog?.name === 'cancel', disabled: dialog === null || !isComplete(dialog.name, values, words) }}
        confirmLoading={send.isPending}
        onCancel={() => setDialog(null)}
        onOk={() => { if (dialog) send.mutate(dialog); }}
      >
        {dialog?.name === 'fixed' && <p>{t('ticket.fixedHint')}</p>}
        {(dialog ? forms[dialog.name]?.fields ?? [] : []).map((field) => (
          <CommandField key={field.name} field={field} value={values[field.name]} change={(value) => setValues((before) => ({ ...before, [field.name]: value }))} />
        ))}
        <label className="dialog-label">
          {t(needsReason ? 'ticket.reason' : 'ticket.note')}
          <Input.TextArea value={words} maxLength={1000} autoSize={{ minRows: 2, maxRows: 6 }} required={needsReason} onChange={(event) => setWords(event.target.value)} />
        </label>
        {send.isError && <Alert type="error" showIcon title={errorText(send.error, t)} description={conflict ? t('error.conflict') : undefined} />}
      </Modal>
    </div>
  );
}
