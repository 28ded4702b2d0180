import { LineChartOutlined } from '@ant-design/icons';
import type { Alarm, Ticket } from '../api/types';
import { useDisplays } from '../alarms/AlarmsPage';
import { isActive } from '../format/severity';
import { formatTime, parseTime } from '../format/time';
import { formatWithUnit } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import { linkTo } from '../route';
import { SeverityMark } from '../shell/marks';

const shown = 20;

/** The newest alarms that this ticket answers, each with the way to its chart. */
export function TicketAlarms({ ticket }: { ticket: Ticket }) {
  const t = useText();
  const display = useDisplays();
  const alarms = [...(ticket.alarms ?? [])].sort((a, b) => parseTime(b.raised_at) - parseTime(a.raised_at)).slice(0, shown);
  if (alarms.length === 0) return <p className="sub">{t('ticket.alarms.none')}</p>;
  const count = Math.max(ticket.alarm_count ?? 0, ticket.alarms?.length ?? 0);
  return (
    <>
      <ul className="ticket-alarms">
        {alarms.map((alarm) => <AlarmLine key={alarm.id} alarm={alarm} value={formatWithUnit(alarm.value, display(alarm.point), t)} />)}
      </ul>
      {count > alarms.length && <p className="sub">{t('ticket.alarms.more', { shown: alarms.length, total: count })}</p>}
    </>
  );
}

function AlarmLine({ alarm, value }: { alarm: Alarm; value: string }) {
  const t = useText();
  const time = (text: string | null | undefined) => formatTime(parseTime(text), t.language, 'short');
  return (
    <li>
      <SeverityMark severity={alarm.severity} /> <span className="breakable">{alarm.point}</span> <b>{value}</b>
      <div className="sub">{alarm.rule} · {time(alarm.raised_at)} – {isActive(alarm) ? t('alarm.active') : time(alarm.cleared_at)} · <a href={linkTo('points', alarm.point, new URLSearchParams({ range: '7d' }))}><LineChartOutlined aria-hidden="true" /> {t('ticket.chart')}</a></div>
    </li>
  );
}
