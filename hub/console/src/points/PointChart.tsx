import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Empty, Spin } from 'antd';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import type { Alarm, Limit, Point } from '../api/types';
import type { Picture } from '../chart/option';
import type { RangeName } from '../chart/range';
import { appendLive, bandsOf, limitLines } from '../chart/series';
import { formatEvery, formatTime, parseDuration } from '../format/time';
import { displayOf } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import type { LiveReading } from '../live/events';
import { useHubNow } from '../live/hooks';
import { useLiveStore } from '../live/LiveProvider';
import { Failed } from '../shell/Failed';
import { readingsQuery } from './readings';
import { TextReadings } from './TextReadings';

const ReadingChart = lazy(() => import('../chart/ReadingChart'));
/** After so many live readings the range is loaded anew, so that the chart does not grow without end. */
const liveCap = 1500;
/** The stream carries only the newest reading of a point in 250 ms; what it left out comes with the next loading. */
const reloadEveryMs = 20_000;

interface Props { point: Point; range: RangeName; alarms: readonly Alarm[]; limits: readonly Limit[] }

export function PointChart({ point, range, alarms, limits }: Props) {
  const t = useText();
  const store = useLiveStore();
  const now = useHubNow();
  const display = displayOf(point.kind, point.unit);
  const loaded = useQuery({
    ...readingsQuery({ point: point.id, kind: point.kind, range, factor: display.factor, now: () => store.clock.now(), last: store.point(point.id)?.time }),
    placeholderData: keepPreviousData,
    refetchInterval: reloadEveryMs,
  });
  const [live, setLive] = useState<readonly LiveReading[]>([]);
  const { dataUpdatedAt, refetch } = loaded;

  const loadedTo = loaded.data?.to ?? 0;
  useEffect(() => setLive((before) => before.filter((reading) => reading.time >= loadedTo)), [dataUpdatedAt, loadedTo]);
  useEffect(() => store.subscribeReadings(point.id, (readings) => setLive((before) => [...before, ...readings])), [store, point.id]);
  useEffect(() => { if (live.length > liveCap) void refetch(); }, [live.length, refetch]);

  const data = loaded.data;
  // Alarms and the time axis follow the clock in whole seconds of real time; a coarse value keeps the picture from changing for nothing.
  const picture = useMemo<Picture | null>(() => {
    if (!data || point.kind === 'text') return null;
    const list = appendLive(data.places, live, display.factor);
    const last = list[list.length - 1]?.t ?? -Infinity;
    const to = live.length > 0 ? Math.max(data.to, last, data.live ? now : 0) : data.to;
    const from = range === 'all' ? data.from : data.from + (to - data.to);
    return {
      places: list.filter((place) => place.t >= from),
      lines: limitLines(limits, display.factor),
      bands: bandsOf(alarms, from, to, now),
      from,
      to,
      unit: display.label,
      step: point.kind === 'contact',
      words: { raise: t('point.limit.raise'), clear: t('point.limit.clear'), on: t('value.true'), off: t('value.false') },
      language: t.language,
      description: t('point.chart', { name: point.name, count: list.length, min: formatTime(from, t.language, 'clock'), max: formatTime(to, t.language, 'clock') }),
      bucketMs: data.every ? parseDuration(data.every) : 0,
    };
  }, [data, live, limits, alarms, now, point.kind, point.name, range, display.factor, display.label, t]);

  if (loaded.isPending) return <div className="chart-wait"><Spin /></div>;
  if (!data) return <Failed error={loaded.error} retry={refetch} />;
  if (point.kind === 'text') return <TextReadings items={data.items} live={live} />;
  if (!picture || picture.places.length === 0) return <Empty className="chart-wait" description={t('point.empty')} />;
  return (
    <>
      <Suspense fallback={<div className="chart-wait"><Spin /></div>}>
        <ReadingChart picture={picture} />
      </Suspense>
      <p className="sub chart-note">
        {data.every ? t('point.aggregated', { every: formatEvery(data.every, t) }) : t('point.raw', { count: picture.places.length })}
        {' '}
        {data.endsAtLast && live.length === 0 ? t('point.endsAtLast', { time: formatTime(data.to - 1, t.language) }) : t('point.live')}
      </p>
    </>
  );
}
