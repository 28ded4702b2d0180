import { useQuery } from '@tanstack/react-query';
import { Alert, Empty, Spin } from 'antd';
import { useDeferredValue, useMemo } from 'react';
import { pointsQuery } from '../api/resources';
import { useText } from '../i18n/LanguageProvider';
import { stateOf, useAlarmVersion } from '../live/hooks';
import { useLiveStore } from '../live/LiveProvider';
import { replaceQuery, type Route } from '../route';
import { Failed } from '../shell/Failed';
import { filterPoints, groupings, groupRows, type Filter, type GroupBy } from './filter';
import { PointFilters } from './PointFilters';
import { PointTable } from './PointTable';

export function PointsPage({ route }: { route: Route }) {
  const t = useText();
  const store = useLiveStore();
  const alarmVersion = useAlarmVersion();
  const list = useQuery(pointsQuery);
  const filter = useDeferredValue(useMemo(() => filterOf(route.query), [route]));
  const asked = route.query.get('group') as GroupBy | null;
  const group = asked && groupings.includes(asked) ? asked : 'device';
  const points = list.data?.items;

  const rows = useMemo(() => {
    if (!points) return [];
    const state = (point: (typeof points)[number]) => stateOf(store, point);
    return groupRows(filterPoints(points, filter, state, t), group, state, t);
    // alarmVersion: states come from the store, which is not a value React compares
  }, [points, filter, group, t, store, alarmVersion]);

  if (list.isPending) return <Spin className="page-spin" />;
  if (!points) return <Failed error={list.error} retry={list.refetch} />;
  if (points.length === 0) return <Empty description={t('points.none')} />;
  const shown = rows.reduce((count, row) => count + (row.type === 'point' ? 1 : 0), 0);
  return (
    <>
      <PointFilters points={points} filter={filterOf(route.query)} group={group} shown={shown} change={(changes) => replaceQuery(route, changes)} />
      {list.data?.truncated && <Alert type="warning" showIcon title={t('points.truncated', { count: points.length })} />}
      {shown === 0 ? <Empty description={t('points.noMatch')} /> : <PointTable rows={rows} group={group} />}
    </>
  );
}

function filterOf(query: URLSearchParams): Filter {
  return { search: query.get('q') ?? '', site: query.get('site'), device: query.get('device'), kind: query.get('kind'), state: query.get('state') };
}
