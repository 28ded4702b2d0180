import { Empty } from 'antd';
import type { ReadingItem } from '../api/types';
import { formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import type { LiveReading } from '../live/events';

const shown = 50;

/** A text point has no curve: its newest values, each with its time. */
export function TextReadings({ items, live }: { items: readonly ReadingItem[]; live: readonly LiveReading[] }) {
  const t = useText();
  const byTime = new Map<number, string>();
  for (const item of items) byTime.set(parseTime(item.time), String(item.value ?? ''));
  for (const reading of live) byTime.set(reading.time, String(reading.value ?? ''));
  const newest = [...byTime].sort((a, b) => b[0] - a[0]).slice(0, shown);
  if (newest.length === 0) return <Empty className="chart-wait" description={t('point.empty')} />;
  return (
    <dl className="text-readings" aria-label={t('point.text')}>
      {newest.map(([time, text]) => <div key={time}><dt>{formatTime(time, t.language)}</dt><dd>{text}</dd></div>)}
    </dl>
  );
}
