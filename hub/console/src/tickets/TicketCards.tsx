import type { Ticket } from '../api/types';
import { formatAge, formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import { localized } from '../i18n/translate';
import { SeverityMark } from '../shell/marks';
import { beganAt, isClosed } from './state';
import { TicketState } from './TicketState';

/** The list on a phone: one card a ticket, the whole card is the link. */
export function TicketCards({ tickets, now, link }: { tickets: readonly Ticket[]; now: number; link: (ticket: Ticket) => string }) {
  const t = useText();
  return (
    <ul className="ticket-cards">
      {tickets.map((ticket) => (
        <li key={ticket.id}>
          <a href={link(ticket)}>
            <span className="ticket-card-head"><SeverityMark severity={ticket.severity} /><TicketState ticket={ticket} now={now} /><span className="grow" />
              <span className="sub">{isClosed(ticket) ? formatTime(parseTime(ticket.closed_at), t.language, 'short') : formatAge(Math.max(0, now - beganAt(ticket)), t)}</span></span>
            <b>{localized(ticket.title, t.language) || ticket.category}</b>
            <span className="sub">{[ticket.site, ticket.asset, ticket.no].filter(Boolean).join(' · ')}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
