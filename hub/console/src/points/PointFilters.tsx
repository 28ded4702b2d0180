import { FilterOutlined, SearchOutlined } from '@ant-design/icons';
import { Badge, Button, Input, Select } from 'antd';
import { useMemo, useState } from 'react';
import type { Point } from '../api/types';
import { severities } from '../format/severity';
import { useText } from '../i18n/LanguageProvider';
import { groupings, type Filter, type GroupBy } from './filter';

interface Props {
  points: readonly Point[];
  filter: Filter;
  group: GroupBy;
  shown: number;
  change(changes: Record<string, string | null>): void;
}

export function PointFilters({ points, filter, group, shown, change }: Props) {
  const t = useText();
  const [open, setOpen] = useState(false);
  const values = useMemo(() => ({
    sites: unique(points.map((point) => point.site)),
    devices: unique(points.filter((point) => !filter.site || point.site === filter.site).map((point) => `${point.site}/${point.device}`)),
    kinds: unique(points.map((point) => point.kind)),
  }), [points, filter.site]);
  const set = [filter.site, filter.device, filter.kind, filter.state].filter(Boolean).length;
  const states = [
    { value: 'any-alarm', label: t('state.any-alarm') },
    ...severities.map((each) => ({ value: each, label: each.toUpperCase() })),
    { value: 'silent', label: t('state.silent') },
    { value: 'ok', label: t('state.ok') },
  ];
  const choice = (name: 'site' | 'device' | 'kind' | 'state', options: { value: string; label: string }[]) => (
    <Select
      aria-label={t(`points.${name}`)}
      placeholder={t(`points.${name}`)}
      value={filter[name]}
      options={options}
      allowClear
      showSearch={options.length > 8}
      popupMatchSelectWidth={false}
      onChange={(value: string | null | undefined) => change(name === 'site' ? { site: value ?? null, device: null } : { [name]: value ?? null })}
    />
  );
  return (
    <div className={`filters ${open ? 'filters-open' : ''}`} role="search">
      <Input
        className="filters-search"
        prefix={<SearchOutlined aria-hidden="true" />}
        aria-label={t('points.search')}
        placeholder={t('points.search')}
        value={filter.search}
        allowClear
        onChange={(event) => change({ q: event.target.value || null })}
      />
      <Badge count={set} size="small" className="filters-more">
        <Button icon={<FilterOutlined aria-hidden="true" />} aria-expanded={open} aria-label={t('points.filters')} onClick={() => setOpen(!open)} />
      </Badge>
      <div className="filters-choices">
        {choice('site', values.sites.map(same))}
        {choice('device', values.devices.map(same))}
        {choice('kind', values.kinds.map((kind) => ({ value: kind, label: t.word('kind', kind) })))}
        {choice('state', states)}
        <Select
          aria-label={t('points.group')}
          value={group}
          popupMatchSelectWidth={false}
          options={groupings.map((each) => ({ value: each, label: each === 'none' ? t('points.group.none') : `${t('points.group')}: ${t(`points.${each}`)}` }))}
          onChange={(value) => change({ group: value })}
        />
        {(set > 0 || filter.search) && <Button type="link" onClick={() => change({ q: null, site: null, device: null, kind: null, state: null })}>{t('points.clear')}</Button>}
      </div>
      <span className="filters-count" role="status">{t('points.count', { shown, total: points.length })}</span>
    </div>
  );
}

const unique = (values: string[]) => [...new Set(values)].sort();
const same = (value: string) => ({ value, label: value });
