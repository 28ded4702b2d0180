import { useQuery } from '@tanstack/react-query';
import { Segmented, Spin } from 'antd';
import { useMemo } from 'react';
import { activeAlarmsQuery, clearedAlarmsQuery, pointsQuery } from '../api/resources';
import { displayOf } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import { replaceQuery, type Route } from '../route';
import { Failed } from '../shell/Failed';
import { AlarmTable } from './AlarmTable';

export function AlarmsPage({ route }: { route: Route }) {
  const t = useText();
  const cleared = route.query.get('state') === 'cleared';
  const active = useQuery(activeAlarmsQuery);
  const past = useQuery({ ...clearedAlarmsQuery, enabled: cleared });
  const display = useDisplays();
  const list = cleared ? past : active;
  return (
    <>
      <Segmented
        className="tabs"
        value={cleared ? 'cleared' : 'active'}
        options={[{ value: 'active', label: active.data ? `${t('alarm.active')} ${active.data.items.length}` : t('alarm.active') }, { value: 'cleared', label: t('alarm.cleared.word') }]}
        onChange={(value) => replaceQuery(route, { state: value === 'cleared' ? 'cleared' : null })}
      />
      {list.isPending ? <Spin className="page-spin" /> : !list.data
        ? <Failed error={list.error} retry={list.refetch} />
        : <AlarmTable alarms={list.data.items} empty={t(cleared ? 'alarm.none.cleared' : 'alarm.none.active')} display={display} />}
    </>
  );
}

/** How the values of a point are shown, from the list of points. */
export function useDisplays(): (point: string) => ReturnType<typeof displayOf> {
  const { data } = useQuery(pointsQuery);
  return useMemo(() => {
    const byId = new Map(data?.items.map((point) => [point.id, displayOf(point.kind, point.unit)]));
    return (id) => byId.get(id) ?? { label: '', factor: 1 };
  }, [data]);
}
