import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Empty, Segmented, Spin, Table, type TableProps } from 'antd';
import { useState } from 'react';
import { complaintsQuery } from '../api/resources';
import type { Complaint } from '../api/types';
import { formatAge, formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import type { Translate } from '../i18n/translate';
import { linkTo, replaceQuery, type Route } from '../route';
import { Failed } from '../shell/Failed';
import { ComplaintForm } from './ComplaintForm';
import { mayTakeIn } from './form';

/** What residents told, the newest first, and the form with which a call is taken in. */
export function ComplaintsPage({ route, role }: { route: Route; role: string }) {
  const t = useText();
  const waiting = route.query.get('ticket') === 'none';
  const list = useQuery(complaintsQuery(waiting));
  const [form, setForm] = useState(0);
  const columns: NonNullable<TableProps<Complaint>['columns']> = [
    { key: 'at', title: t('complaint.at'), width: 176, className: 'nowrap', render: (_, each) => formatTime(parseTime(each.at), t.language) },
    { key: 'category', title: t('complaint.category'), width: 150, render: (_, each) => <span className="breakable">{each.category}</span> },
    { key: 'text', title: t('complaint.text'), render: (_, each) => <span className="breakable">{each.text}</span> },
    { key: 'place', title: t('complaint.place'), width: 180, render: (_, each) => <span className="breakable">{placeOf(each)}</span> },
    { key: 'channel', title: t('complaint.channel'), width: 110, render: (_, each) => each.channel },
    { key: 'lead', title: t('complaint.lead'), width: 140, render: (_, each) => leadOf(each, t) },
    { key: 'ticket', title: t('complaint.ticket'), width: 110, render: (_, each) => (each.ticket ? <a href={linkTo('tickets', each.ticket)}>{t.word('complaint.linked', each.linked)}</a> : t('complaint.linked.none')) },
  ];
  return (
    <>
      <div className="filters">
        <Segmented
          value={waiting ? 'none' : 'all'}
          options={[{ value: 'all', label: t('complaint.all') }, { value: 'none', label: t('complaint.waiting') }]}
          onChange={(value) => replaceQuery(route, { ticket: value === 'none' ? 'none' : null })}
        />
        {mayTakeIn(role) && <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setForm(form + 1)}>{t('complaint.new')}</Button>}
      </div>
      {list.isPending ? <Spin className="page-spin" /> : !list.data
        ? <Failed error={list.error} retry={list.refetch} />
        : <Table<Complaint>
            size="small"
            rowKey="id"
            columns={columns}
            dataSource={list.data.items}
            scroll={{ x: 980 }}
            pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
            locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('complaint.none')} /> }}
          />}
      {form > 0 && <ComplaintForm key={form} close={() => setForm(0)} />}
    </>
  );
}

function placeOf(complaint: Complaint): string {
  if (complaint.asset) return complaint.asset;
  return complaint.lat == null || complaint.long == null ? '—' : `${complaint.lat.toFixed(5)}, ${complaint.long.toFixed(5)}`;
}

/** Who was first, the ticket or the resident, and by how much. */
function leadOf(complaint: Complaint, t: Translate): string {
  if (complaint.lead_seconds == null) return '—';
  return t(complaint.lead_seconds > 0 ? 'complaint.lead.ticket' : 'complaint.lead.resident', { age: formatAge(Math.abs(complaint.lead_seconds) * 1000, t) });
}
