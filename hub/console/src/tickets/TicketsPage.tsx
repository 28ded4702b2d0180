import { SearchOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Empty, Grid, Input, Segmented, Spin, Table, type TableProps } from 'antd';
import { ticketsQuery } from '../api/resources';
import type { Ticket } from '../api/types';
import { severityOf } from '../format/severity';
import { formatAge, formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import { localized } from '../i18n/translate';
import { useHubNow } from '../live/hooks';
import { linkTo, replaceQuery, type Route } from '../route';
import { Failed } from '../shell/Failed';
import { SeverityMark } from '../shell/marks';
import { beganAt, duesOf, isClosed, stateWord } from './state';
import { TicketCards } from './TicketCards';
import { TicketDrawer } from './TicketDrawer';
import { TicketState } from './TicketState';

export function TicketsPage({ route }: { route: Route }) {
  const t = useText();
  const now = useHubNow();
  const asked = route.query.get('status');
  const status = asked === 'closed' || asked === 'queue' ? asked : 'open';
  const open = useQuery(ticketsQuery('open'));
  const past = useQuery({ ...ticketsQuery('closed'), enabled: status === 'closed' });
  const list = status === 'closed' ? past : open;
  const search = route.query.get('q') ?? '';
  const wide = Grid.useBreakpoint().md ?? true;
  const tickets = select((list.data?.items ?? []).filter((ticket) => status !== 'queue' || ticket.in_triage), status === 'closed', search);
  const empty = t(status === 'closed' ? 'ticket.none.closed' : 'ticket.none.open');
  const link = (ticket: Ticket) => linkTo('tickets', ticket.id, route.query);

  const columns: NonNullable<TableProps<Ticket>['columns']> = [
    { key: 'severity', title: t('ticket.severity'), width: 84, render: (_, ticket) => <SeverityMark severity={ticket.severity} /> },
    { key: 'state', title: t('ticket.state'), width: 120, render: (_, ticket) => <TicketState ticket={ticket} now={now} /> },
    { key: 'title', title: t('ticket.title'), render: (_, ticket) => <a href={link(ticket)}>{localized(ticket.title, t.language) || ticket.category}</a> },
    { key: 'category', title: t('ticket.category'), width: 150, render: (_, ticket) => ticket.category },
    { key: 'place', title: `${t('ticket.site')} / ${t('ticket.asset')}`, width: 220, render: (_, ticket) => <span className="breakable">{[ticket.site, ticket.asset].filter(Boolean).join(' / ') || '—'}</span> },
    { key: 'no', title: t('ticket.no'), width: 150, render: (_, ticket) => ticket.no ?? '—' },
    status === 'closed'
      ? { key: 'closed', title: t('ticket.closedAt'), width: 176, className: 'nowrap', render: (_, ticket) => formatTime(parseTime(ticket.closed_at), t.language) }
      : { key: 'age', title: t('ticket.age'), width: 92, align: 'right', render: (_, ticket) => formatAge(Math.max(0, now - beganAt(ticket)), t) },
  ];
  return (
    <>
      <div className="filters">
        <Segmented
          value={status}
          options={[{ value: 'open', label: open.data ? `${t('ticket.open')} ${open.data.items.filter((each) => !isClosed(each)).length}` : t('ticket.open') }, { value: 'queue', label: open.data ? `${t('ticket.queue')} ${open.data.items.filter((each) => each.in_triage && !isClosed(each)).length}` : t('ticket.queue') }, { value: 'closed', label: t('ticket.closedTab') }]}
          onChange={(value) => replaceQuery(route, { status: value === 'open' ? null : value })}
        />
        <Input className="filters-search" prefix={<SearchOutlined aria-hidden="true" />} aria-label={t('ticket.search')} placeholder={t('ticket.search')} value={search} allowClear onChange={(event) => replaceQuery(route, { q: event.target.value || null })} />
      </div>
      {list.isPending ? <Spin className="page-spin" /> : !list.data ? <Failed error={list.error} retry={list.refetch} /> : tickets.length === 0 ? <Empty description={empty} /> : wide
        ? <Table<Ticket> size="small" rowKey="id" columns={columns} dataSource={tickets} scroll={{ x: 980 }} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} />
        : <TicketCards tickets={tickets} now={now} link={link} />}
      <TicketDrawer id={route.id} close={() => { location.hash = linkTo('tickets', null, route.query); }} />
    </>
  );
}

/** Of the asked half, those that match; open ones by severity, then by the nearest deadline, then the oldest; closed ones the newest first. */
function select(tickets: readonly Ticket[], closed: boolean, search: string): Ticket[] {
  const wanted = search.trim().toLowerCase();
  const found = tickets.filter((ticket) => isClosed(ticket) === closed && (!wanted || text(ticket).includes(wanted)));
  return closed
    ? found.sort((a, b) => parseTime(b.closed_at) - parseTime(a.closed_at))
    : found.sort((a, b) => severityOf(a.severity).localeCompare(severityOf(b.severity)) || (duesOf(a)[0]?.at ?? Infinity) - (duesOf(b)[0]?.at ?? Infinity) || beganAt(a) - beganAt(b));
}

function text(ticket: Ticket): string {
  return [ticket.no, ticket.category, localized(ticket.title, 'zh'), localized(ticket.title, 'en'), ticket.site, ticket.asset, ticket.lead, ticket.offered, ticket.crew, stateWord(ticket)].join(' ').toLowerCase();
}
