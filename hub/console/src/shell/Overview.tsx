import { useQuery } from '@tanstack/react-query';
import { summaryQuery } from '../api/resources';
import { useText } from '../i18n/LanguageProvider';
import { linkTo } from '../route';

/** The numbers that tell how the city is, each a link to its list. */
export function Overview() {
  const t = useText();
  const { data } = useQuery(summaryQuery);
  const show = (value: number | undefined) => (value === undefined ? '–' : value.toLocaleString(t.language === 'zh' ? 'zh-CN' : 'en'));
  const figures = [
    { key: 'devices', label: t('sum.devices'), value: data ? `${show(data.devices_online)} / ${show(data.devices)}` : '–', href: linkTo('devices'), tone: data && data.devices_online < data.devices ? 'warn' : '' },
    { key: 'points', label: t('sum.points'), value: show(data?.points), href: linkTo('points'), tone: '' },
    { key: 'alarms', label: t('sum.alarms'), value: show(data?.alarms_active), href: linkTo('alarms'), tone: data && data.alarms_active > 0 ? 'bad' : '' },
    { key: 'open', label: t('sum.open'), value: show(data?.tickets_open), href: linkTo('tickets'), tone: '' },
    { key: 'closed', label: t('sum.closed'), value: show(data?.tickets_closed), href: '#/tickets?status=closed', tone: '' },
    { key: 'before', label: t('sum.before'), value: show(data?.handled_before_complaint), href: '#/tickets?status=closed', tone: 'good', hint: t('sum.beforeHint') },
  ];
  return (
    <section className="overview" aria-label={t('sum.label')}>
      {figures.map((figure) => (
        <a key={figure.key} href={figure.href} className={`figure ${figure.tone}`} title={figure.hint}>
          <span className="figure-label">{figure.label}</span>
          <span className="figure-value">{figure.value}</span>
        </a>
      ))}
    </section>
  );
}
