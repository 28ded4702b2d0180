import { CheckCircleFilled, CloseCircleFilled, QuestionCircleOutlined } from '@ant-design/icons';
import type { Device } from '../api/types';
import { useText } from '../i18n/LanguageProvider';

export function DeviceState({ device }: { device: Pick<Device, 'state'> }) {
  const t = useText();
  if (device.state === 'online') return <span className="word-ok"><CheckCircleFilled aria-hidden="true" /> {t('device.online')}</span>;
  if (device.state === 'offline') return <span className="word-bad"><CloseCircleFilled aria-hidden="true" /> {t('device.offline')}</span>;
  return <span className="sub"><QuestionCircleOutlined aria-hidden="true" /> {t('device.unknown')}</span>;
}
