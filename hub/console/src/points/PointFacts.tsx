import { useQuery } from '@tanstack/react-query';
import { devicesQuery } from '../api/resources';
import type { Point } from '../api/types';
import { DeviceState } from '../devices/DeviceState';
import { formatTime, parseTime } from '../format/time';
import { useText } from '../i18n/LanguageProvider';
import { useLivePoint } from '../live/hooks';

export function PointFacts({ point }: { point: Point }) {
  const t = useText();
  const live = useLivePoint(point.id);
  const devices = useQuery(devicesQuery);
  const device = devices.data?.items.find((each) => each.site === point.site && each.name === point.device);
  const labels = Object.entries(point.labels ?? {});
  const facts: [string, React.ReactNode][] = [
    [t('point.id'), <code className="breakable">{point.id}</code>],
    [t('points.kind'), t.word('kind', point.kind)],
    [t('point.unit'), point.unit || '—'],
    [t('point.lastTime'), formatTime(live?.time ?? NaN, t.language)],
    [t('point.asset'), point.asset ?? '—'],
    [t('point.labels'), labels.length === 0 ? '—' : labels.map(([name, value]) => <span key={name} className="label">{name}={value}</span>)],
    [t('point.deviceState'), device ? <><DeviceState device={device} /> <span className="sub">{t('device.since')} {formatTime(parseTime(device.since), t.language)}</span></> : '—'],
    [t('point.agent'), device?.agent ?? '—'],
  ];
  return <table className="facts"><tbody>{facts.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{value}</td></tr>)}</tbody></table>;
}
