import { CheckCircleOutlined, ExclamationCircleFilled } from '@ant-design/icons';
import { Empty, Table, type TableProps } from 'antd';
import type { Alarm } from '../api/types';
import { isActive } from '../format/severity';
import { formatAge, formatTime, parseTime } from '../format/time';
import { formatWithUnit, type Display } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import { useHubNow } from '../live/hooks';
import { linkTo } from '../route';
import { SeverityMark } from '../shell/marks';

interface Props {
  alarms: readonly Alarm[];
  empty: string;
  /** Leave out the column that says the same in every row. */
  without?: 'point' | 'ticket';
  display: (point: string) => Display;
}

/** Alarms, the newest first. */
export function AlarmTable({ alarms, empty, without, display }: Props) {
  const t = useText();
  const now = useHubNow();
  const columns: NonNullable<TableProps<Alarm>['columns']> = [
    { key: 'severity', title: t('alarm.severity'), width: 84, render: (_, alarm) => <SeverityMark severity={alarm.severity} /> },
    ...(without === 'point' ? [] : [{ key: 'point', title: t('alarm.point'), render: (_: unknown, alarm: Alarm) => <a className="breakable" href={linkTo('points', alarm.point)}>{alarm.point}</a> }]),
    { key: 'rule', title: t('alarm.rule'), render: (_, alarm) => <span className="breakable">{alarm.rule}</span> },
    { key: 'state', title: t('alarm.state'), width: 100, render: (_, alarm) => (isActive(alarm)
      ? <span className="word-bad"><ExclamationCircleFilled aria-hidden="true" /> {t('alarm.active')}</span>
      : <span className="word-ok"><CheckCircleOutlined aria-hidden="true" /> {t('alarm.cleared.word')}</span>) },
    { key: 'raised', title: t('alarm.raised'), width: 176, className: 'nowrap', render: (_, alarm) => formatTime(parseTime(alarm.raised_at), t.language) },
    { key: 'duration', title: t('alarm.duration'), width: 92, render: (_, alarm) => formatAge((isActive(alarm) ? now : parseTime(alarm.cleared_at)) - parseTime(alarm.raised_at), t) },
    { key: 'value', title: t('alarm.value'), width: 104, align: 'right', render: (_, alarm) => formatWithUnit(alarm.value, display(alarm.point), t) },
    { key: 'reason', title: t('alarm.reason'), width: 150, render: (_, alarm) => (
      <>
        {t.word('reason', alarm.reason?.replaceAll('_', '-'))}
        {alarm.edge_at && <div className="sub">{t(alarm.edge_link === 'down' ? 'alarm.edge.down' : 'alarm.edge.up')}</div>}
      </>
    ) },
    ...(without === 'ticket' ? [] : [{ key: 'ticket', title: t('alarm.ticket'), width: 90, render: (_: unknown, alarm: Alarm) => (alarm.ticket ? <a href={linkTo('tickets', alarm.ticket)}>{t('alarm.ticket')}</a> : '—') }]),
  ];
  const sorted = [...alarms].sort((a, b) => parseTime(b.raised_at) - parseTime(a.raised_at));
  return (
    <Table<Alarm>
      size="small"
      rowKey="id"
      columns={columns}
      dataSource={sorted}
      scroll={{ x: 1060 }}
      pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
      locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={empty} /> }}
    />
  );
}
