import { LineChartOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { activeAlarmsQuery, clearedAlarmsQuery } from '../api/resources';
import type { Alarm, Ticket } from '../api/types';
import { useDisplays } from '../alarms/AlarmsPage';
import { isActive } from '../format/severity';
import { formatTime, parseTime } from '../format/time';
import { formatWithUnit } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import { linkTo } from '../route';
import { SeverityMark } from '../shell/marks';

/** Alarms that this ticket answers, each with the way to its chart. Where the ticket names only ids, the alarm lists are asked. */
export function TicketAlarms({ ticket }: { ticket: Ticket }) {
  const t = useText();
  const display = useDisplays();
  const given = ticket.alarms ?? [];
  const byIds = given.some((alarm) => typeof alarm === 'string');
  const active = useQuery({ ...activeAlarmsQuery, enabled: byIds });
  const cleared = useQuery({ ...clearedAlarmsQuery, enabled: byIds });
  if (given.length === 0) return <p className="sub">{t('ticket.alarms.none')}</p>;
  const known = new Map([...(active.data?.items ?? []), ...(cleared.data?.items ?? [])].map((alarm) => [alarm.id, alarm]));
  return (
    <ul className="ticket-alarms">
      {given.map((entry) => {
        const alarm = typeof entry === 'string' ? known.get(entry) : entry;
        if (!alarm) return <li key={String(entry)}><code className="breakable">{String(entry)}</code></li>;
        return <AlarmLine key={alarm.id} alarm={alarm} value={formatWithUnit(alarm.value, display(alarm.point), t)} />;
      })}
    </ul>
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
