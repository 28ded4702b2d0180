import { SearchOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Empty, Input, Spin, Table, type TableProps } from 'antd';
import { deadLettersQuery, devicesQuery } from '../api/resources';
import type { Device } from '../api/types';
import { formatAge, formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import type { Translate } from '../i18n/translate';
import { useHubNow } from '../live/hooks';
import { linkTo, replaceQuery, type Route } from '../route';
import { Failed } from '../shell/Failed';
import { DeadLetters } from './DeadLetters';
import { DeviceState } from './DeviceState';
import { adaptersOf, backlogOf, formatBytes } from './spool';

export function DevicesPage({ route }: { route: Route }) {
  const t = useText();
  const list = useQuery(devicesQuery);
  const letters = useQuery(deadLettersQuery);
  const now = useHubNow();
  const search = route.query.get('q') ?? '';
  if (list.isPending) return <Spin className="page-spin" />;
  if (!list.data) return <Failed error={list.error} retry={list.refetch} />;
  const wanted = search.toLowerCase();
  const devices = list.data.items.filter((device) => `${device.site}/${device.name}`.toLowerCase().includes(wanted));
  const refused = new Map<string, number>();
  for (const letter of letters.data?.items ?? []) if (letter.device) refused.set(letter.device, (refused.get(letter.device) ?? 0) + 1);

  const columns: NonNullable<TableProps<Device>['columns']> = [
    { key: 'state', title: t('device.state'), width: 96, render: (_, device) => <DeviceState device={device} />, sorter: (a, b) => (a.state ?? '').localeCompare(b.state ?? '') },
    { key: 'name', title: t('device.name'), render: (_, device) => <a className="breakable" href={linkTo('points', null, new URLSearchParams({ device: `${device.site}/${device.name}` }))}>{device.site}/{device.name}</a>, sorter: (a, b) => a.id.localeCompare(b.id) },
    { key: 'since', title: t('device.since'), width: 176, className: 'nowrap', render: (_, device) => formatTime(parseTime(device.since), t.language) },
    { key: 'seen', title: t('device.lastSeen'), width: 110, render: (_, device) => formatAge(Math.max(0, now - parseTime(device.last_seen)), t) },
    { key: 'agent', title: t('device.agent'), width: 120, render: (_, device) => device.agent ?? '—' },
    { key: 'spool', title: t('device.spool'), width: 160, className: 'nowrap', render: (_, device) => backlogText(device, t) },
    { key: 'adapters', title: t('device.adapters'), width: 90, align: 'right', render: (_, device) => <Adapters device={device} /> },
    { key: 'refusals', title: t('device.refusals'), width: 90, align: 'right', render: (_, device) => refusalsOf(device, refused, t) },
  ];
  return (
    <>
      <Input className="search" prefix={<SearchOutlined aria-hidden="true" />} aria-label={t('device.search')} placeholder={t('device.search')} value={search} allowClear onChange={(event) => replaceQuery(route, { q: event.target.value || null })} />
      <Table<Device>
        size="small"
        rowKey="id"
        columns={columns}
        dataSource={devices}
        scroll={{ x: 960 }}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('device.none')} /> }}
      />
      <section className="card">
        <h2>{t('dead.title')}</h2>
        {letters.isPending ? <Spin /> : !letters.data ? <Failed error={letters.error} retry={letters.refetch} /> : <DeadLetters letters={letters.data.items} />}
      </section>
    </>
  );
}

function backlogText(device: Device, t: Translate) {
  const backlog = backlogOf(device.spool);
  if (!backlog) return '—';
  const dropped = backlog.dropped > 0 && <div className="word-bad">{t('device.dropped', { n: backlog.dropped })}</div>;
  if (backlog.records === 0) return <><span className="sub">{t('device.spoolEmpty')}</span>{dropped}</>;
  return <>{t('device.records', { n: backlog.records })}{backlog.bytes > 0 && ` · ${formatBytes(backlog.bytes)}`}{dropped}</>;
}

function Adapters({ device }: { device: Device }) {
  const t = useText();
  const { count, faults } = adaptersOf(device.adapters);
  return <>{count}{faults.length > 0 && <div className="word-bad" title={faults.join('\n')}>{t('device.faulted', { n: faults.length })}</div>}</>;
}

/** The hub's own count where it gives one, else the letters on this page. */
function refusalsOf(device: Device, refused: ReadonlyMap<string, number>, t: Translate) {
  const given = device.refusals;
  const count = given ? Object.values(given).reduce((sum, each) => sum + each, 0) : (refused.get(device.id) ?? 0);
  return count > 0 ? <span className="word-bad" title={given ? Object.entries(given).map(([reason, n]) => `${t.word('refusal', reason)}: ${n}`).join('\n') : undefined}>{count}</span> : 0;
}
