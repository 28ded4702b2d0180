import { ClockCircleFilled, ClockCircleOutlined } from '@ant-design/icons';
import type { Ticket } from '../api/types';
import { formatAge, formatTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import { duesOf, isClosed } from './state';

export function DueTimes({ ticket, now }: { ticket: Ticket; now: number }) {
  const t = useText();
  const dues = duesOf(ticket);
  if (dues.length === 0) return <p className="sub">{t('ticket.due.none')}</p>;
  return (
    <table className="facts">
      <tbody>
        {dues.map(({ name, at, promise }) => (
          <tr key={name}>
            <th scope="row">{t.word('due', name)}</th>
            <td>{formatTime(at, t.language)}</td>
            <td>
              {isClosed(ticket) || (at < now && !promise) ? null : at < now
                ? <span className="word-bad"><ClockCircleFilled aria-hidden="true" /> {t('ticket.late', { age: formatAge(now - at, t) })}</span>
                : <span><ClockCircleOutlined aria-hidden="true" /> {t('ticket.left', { age: formatAge(at - now, t) })}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
