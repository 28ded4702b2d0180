import { CheckCircleOutlined, ClockCircleFilled, FieldTimeOutlined } from '@ant-design/icons';
import type { Ticket } from '../api/types';
import { useText } from '../i18n/LanguageProvider';
import { isClosed, isOverdue, stateWord } from './state';

/** The state as a word, with a mark when a deadline has passed. */
export function TicketState({ ticket, now }: { ticket: Ticket; now: number }) {
  const t = useText();
  const closed = isClosed(ticket);
  const late = isOverdue(ticket, now);
  const Icon = closed ? CheckCircleOutlined : FieldTimeOutlined;
  return (
    <span className="ticket-state">
      <span className={closed ? 'word-ok' : ''}><Icon aria-hidden="true" /> {t.word('tstate', stateWord(ticket))}</span>
      {late && <span className="word-bad late"><ClockCircleFilled aria-hidden="true" /> {t('ticket.overdue')}</span>}
    </span>
  );
}
