import { Timeline as Line } from 'antd';
import type { TimelineEvent } from '../api/types';
import { formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import { SeverityMark } from '../shell/marks';

/** A line written down more than this after it happened says so. */
const lateMs = 60_000;

/** What happened, when (event time) and by whom. */
export function Timeline({ events }: { events: readonly TimelineEvent[] }) {
  const t = useText();
  if (events.length === 0) return <p className="sub">{t('ticket.timeline.none')}</p>;
  const sorted = [...events].sort((a, b) => a.seq - b.seq);
  return (
    <Line
      className="timeline"
      items={sorted.map((event) => {
        const recorded = parseTime(event.recorded_at);
        const since = parseTime(event.happened_at ?? event.at);
        const who = event.actor === 'system' ? t('ticket.system') : event.actor;
        const mark = event.clock ? `${t.word('due', event.clock.replaceAll('_', '-'))} ${event.percent ?? ''} %` : null;
        const level = event.level ? t.word('level', event.level) : null;
        const about = [event.rule, event.point, mark, level, event.unit, ...(event.units ?? []), event.crew, event.owner].filter(Boolean).join(' · ');
        return {
          key: event.seq,
          content: (
            <>
              <b>{t.word('event', event.type)}</b>{event.step && <span className="sub"> {t.word('tstate', event.step)}</span>}
              {event.severity && <> <SeverityMark severity={event.severity} /></>}
              {event.from !== event.to && event.to !== event.type && !event.step && <span className="sub"> → {t.word('tstate', event.to)}</span>}
              <div className="sub">
                {formatTime(parseTime(event.at), t.language)} · {t('ticket.by', { who })}
                {recorded - since > lateMs && ` · ${t('ticket.recorded', { time: formatTime(recorded, t.language) })}`}
              </div>
              {about && <div className="sub breakable">{about}</div>}
              {event.verified_by && <div>{t('ticket.verifiedBy', { who: t.word('verifier', event.verified_by) })}</div>}
              {event.reason && <div className="breakable">{event.reason}</div>}
            </>
          ),
        };
      })}
    />
  );
}
