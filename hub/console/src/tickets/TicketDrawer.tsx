import { useQuery } from '@tanstack/react-query';
import { Drawer, Spin } from 'antd';
import { ticketQuery } from '../api/resources';
import type { Ticket } from '../api/types';
import { formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import { localized } from '../i18n/translate';
import { useHubNow } from '../live/hooks';
import { Failed } from '../shell/Failed';
import { SeverityMark } from '../shell/marks';
import { DueTimes } from './DueTimes';
import { isClosed } from './state';
import { TicketAlarms } from './TicketAlarms';
import { TicketCommands } from './TicketCommands';
import { TicketState } from './TicketState';
import { Timeline } from './Timeline';

export function TicketDrawer({ id, close }: { id: string | null; close: () => void }) {
  const t = useText();
  const ticket = useQuery({ ...ticketQuery(id ?? ''), enabled: id !== null });
  const data = ticket.data;
  return (
    <Drawer open={id !== null} onClose={close} size="min(640px, 100vw)" title={data ? localized(data.title, t.language) || data.category : t('ticket.details')} styles={{ body: { padding: 16 } }}>
      {ticket.isError ? <Failed error={ticket.error} retry={ticket.refetch} /> : data ? <Details key={data.id} ticket={data} /> : <Spin className="page-spin" />}
    </Drawer>
  );
}

function Details({ ticket }: { ticket: Ticket }) {
  const t = useText();
  const now = useHubNow();
  const time = (text: string | null | undefined) => formatTime(parseTime(text), t.language);
  const action = localized(ticket.action, t.language);
  const facts: [string, string][] = [
    [t('ticket.no'), ticket.no ?? ticket.id],
    [t('ticket.category'), ticket.category],
    [t('ticket.site'), ticket.site ?? '—'],
    [t('ticket.asset'), ticket.asset ?? '—'],
    [t('ticket.origin'), t.word('origin', ticket.origin) || '—'],
    [t('ticket.rule'), ticket.rule || '—'],
    [t('ticket.lead'), ticket.lead ?? '—'],
    ...(ticket.offered && ticket.offered !== ticket.lead ? [[t('ticket.offered'), ticket.offered] as [string, string]] : []),
    ...(ticket.co_units?.length ? [[t('ticket.coUnits'), ticket.co_units.join('、')] as [string, string]] : []),
    ...(ticket.crew ? [[t('ticket.crew'), ticket.crew] as [string, string]] : []),
    [t('ticket.level'), t.word('level', ticket.level ?? 'community')],
    [t('ticket.raisedAt'), time(ticket.raised_at)],
    [t('ticket.openedAt'), time(ticket.opened_at)],
    [t('ticket.firstComplaint'), ticket.first_complaint_at ? time(ticket.first_complaint_at) : t(isClosed(ticket) ? 'ticket.noComplaint' : 'ticket.noComplaintYet')],
    ...(ticket.closed_at ? [[t('ticket.closedAt'), time(ticket.closed_at)] as [string, string]] : []),
    ...(ticket.verified_by ? [[t('ticket.state'), t('ticket.verifiedBy', { who: t.word('verifier', ticket.verified_by) })] as [string, string]] : []),
    ...(ticket.outcome ? [[t('ticket.outcome'), t.word('outcome', ticket.outcome)] as [string, string]] : []),
  ];
  return (
    <div className="ticket">
      <div className="ticket-head"><SeverityMark severity={ticket.severity} /> <TicketState ticket={ticket} now={now} /></div>
      {action && <p className="ticket-action"><b>{t('ticket.action')}</b> {action}</p>}
      <TicketCommands ticket={ticket} />
      <h2>{t('ticket.due')}</h2>
      <DueTimes ticket={ticket} now={now} />
      <h2>{t('ticket.alarms')}</h2>
      <TicketAlarms ticket={ticket} />
      <h2>{t('ticket.timeline')}</h2>
      <Timeline events={ticket.timeline ?? []} />
      <h2>{t('point.facts')}</h2>
      <table className="facts"><tbody>{facts.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td className="breakable">{value}</td></tr>)}</tbody></table>
    </div>
  );
}
