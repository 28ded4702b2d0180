import { Timeline as Line } from 'antd';
import type { TimelineEvent } from '../api/types';
import { formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';

const word = (text: string | null | undefined) => text?.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase().replaceAll('_', '-');

/** What happened, when (event time) and by whom; the time of recording only where it differs by more than a minute. */
export function Timeline({ events }: { events: readonly TimelineEvent[] }) {
  const t = useText();
  if (events.length === 0) return <p className="sub">{t('ticket.timeline.none')}</p>;
  const sorted = [...events].sort((a, b) => parseTime(a.at) - parseTime(b.at));
  return (
    <Line
      className="timeline"
      items={sorted.map((event, index) => {
        const at = parseTime(event.at);
        const recorded = parseTime(event.recorded_at);
        const who = !event.actor || event.actor === 'system' ? t('ticket.system') : event.actor;
        const said = [event.reason ? t.word('reason', word(event.reason)) : '', event.note].filter(Boolean).join(' · ');
        return {
          key: index,
          content: (
            <>
              <b>{t.word('event', word(event.event))}</b>{event.to && event.from !== event.to && <span className="sub"> → {t.word('tstate', word(event.to))}</span>}
              <div className="sub">{formatTime(at, t.language)} · {t('ticket.by', { who })}{recorded - at > 60_000 && ` · ${t('ticket.recorded', { time: formatTime(recorded, t.language) })}`}</div>
              {said && <div className="breakable">{said}</div>}
            </>
          ),
        };
      })}
    />
  );
}
