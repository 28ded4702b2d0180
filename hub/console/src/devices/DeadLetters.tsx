import { Empty, Table, type TableProps } from 'antd';
import type { DeadLetter } from '../api/types';
import { formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import { payloadText } from './spool';

/** What the hub could not use, with its reason, its words for a person, and the payload. */
export function DeadLetters({ letters }: { letters: readonly DeadLetter[] }) {
  const t = useText();
  const columns: NonNullable<TableProps<DeadLetter>['columns']> = [
    { key: 'at', title: t('dead.at'), width: 176, className: 'nowrap', render: (_, letter) => formatTime(parseTime(letter.at), t.language) },
    { key: 'reason', title: t('dead.reason'), width: 150, render: (_, letter) => <span title={letter.reason}>{t.word('refusal', letter.reason)}</span> },
    { key: 'topic', title: t('dead.topic'), width: 260, render: (_, letter) => <code className="breakable">{letter.topic ?? '—'}</code> },
    { key: 'message', title: t('dead.message'), render: (_, letter) => <span className="breakable">{letter.message}</span> },
  ];
  return (
    <Table<DeadLetter>
      size="small"
      rowKey="id"
      columns={columns}
      dataSource={[...letters]}
      scroll={{ x: 820 }}
      pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
      expandable={{ rowExpandable: (letter) => Boolean(letter.payload_base64), expandedRowRender: (letter) => <Payload base64={letter.payload_base64 ?? ''} /> }}
      locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('dead.none')} /> }}
    />
  );
}

function Payload({ base64 }: { base64: string }) {
  const t = useText();
  const { text, length } = payloadText(base64);
  return text === null ? <span className="sub">{t('dead.binary', { n: length })}</span> : <pre className="payload" aria-label={t('dead.payload')}>{text}</pre>;
}
