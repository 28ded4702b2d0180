import { ArrowLeftOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, Segmented, Spin } from 'antd';
import { useMemo } from 'react';
import { limitsQuery, pointAlarmsQuery, pointsQuery } from '../api/resources';
import type { Point } from '../api/types';
import { AlarmTable } from '../alarms/AlarmTable';
import { rangeNames, type RangeName } from '../chart/range';
import { displayOf } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import { linkTo, replaceQuery, type Route } from '../route';
import { Failed } from '../shell/Failed';
import { LiveAge, LiveQuality, LiveState, LiveValue } from './cells';
import { LimitTable } from './LimitTable';
import { PointChart } from './PointChart';
import { PointFacts } from './PointFacts';

/** One array for "nothing yet", so that the chart's picture is not made anew for it. */
const none: never[] = [];

export function PointPage({ id, route }: { id: string; route: Route }) {
  const t = useText();
  const list = useQuery(pointsQuery);
  const point = useMemo(() => list.data?.items.find((each) => each.id === id), [list.data, id]);
  if (list.isPending) return <Spin className="page-spin" />;
  if (!list.data) return <Failed error={list.error} retry={list.refetch} />;
  return (
    <>
      <a className="back" href={linkTo('points')}><ArrowLeftOutlined aria-hidden="true" /> {t('point.back')}</a>
      {point ? <Details point={point} route={route} /> : <Alert type="warning" showIcon title={t('point.notFound', { id })} />}
    </>
  );
}

function Details({ point, route }: { point: Point; route: Route }) {
  const t = useText();
  const alarms = useQuery(pointAlarmsQuery(point.id));
  const limits = useQuery(limitsQuery(point.id));
  const asked = route.query.get('range') as RangeName | null;
  const range = asked && rangeNames.includes(asked) ? asked : '24h';
  const display = displayOf(point.kind, point.unit);
  return (
    <>
      <div className="point-head">
        <h1>{point.name}</h1>
        <span className="sub">{point.site}/{point.device}{point.asset ? ` · ${point.asset}` : ''}</span>
        <span className="grow" />
        <LiveState point={point} />
        <LiveQuality id={point.id} />
        <span className="point-value"><LiveValue point={point} /></span>
        <span className="sub"><LiveAge id={point.id} /></span>
      </div>
      <section className="card" aria-label={t('points.trend')}>
        <Segmented
          className="ranges"
          aria-label={t('point.range')}
          value={range}
          options={rangeNames.map((each) => ({ value: each, label: t(`point.range.${each}`) }))}
          onChange={(value) => replaceQuery(route, { range: value })}
        />
        <PointChart key={`${point.id} ${range}`} point={point} range={range} alarms={alarms.data?.items ?? none} limits={limits.data ?? none} />
      </section>
      <div className="columns">
        <section className="card">
          <h2>{t('point.limits')}</h2>
          {limits.isError ? <Failed error={limits.error} retry={limits.refetch} /> : <LimitTable limits={limits.data ?? none} display={display} />}
        </section>
        <section className="card">
          <h2>{t('point.facts')}</h2>
          <PointFacts point={point} />
        </section>
      </div>
      <section className="card">
        <h2>{t('point.alarms')}</h2>
        {alarms.isError ? <Failed error={alarms.error} retry={alarms.refetch} /> : <AlarmTable alarms={alarms.data?.items ?? []} without="point" empty={t('alarm.none.point')} display={() => display} />}
      </section>
    </>
  );
}
