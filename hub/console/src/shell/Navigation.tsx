import { AlertOutlined, ClusterOutlined, FileDoneOutlined, LineChartOutlined, MessageOutlined } from '@ant-design/icons';
import { useText } from '../i18n/LanguageProvider';
import { linkTo, type Page } from '../route';

const icons = { points: LineChartOutlined, alarms: AlertOutlined, tickets: FileDoneOutlined, complaints: MessageOutlined, devices: ClusterOutlined };
const order: readonly Page[] = ['points', 'alarms', 'tickets', 'complaints', 'devices'];

export function Navigation({ page, place }: { page: Page; place: 'top' | 'bottom' }) {
  const t = useText();
  return (
    <nav className={`nav nav-${place}`} aria-label={t('nav.label')}>
      {order.map((each) => {
        const Icon = icons[each];
        return (
          <a key={each} href={linkTo(each)} aria-current={each === page ? 'page' : undefined}>
            <Icon aria-hidden="true" />
            <span>{t(`nav.${each}`)}</span>
          </a>
        );
      })}
    </nav>
  );
}
