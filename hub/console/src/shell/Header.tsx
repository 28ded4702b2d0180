import { DisconnectOutlined, LoadingOutlined, LogoutOutlined, PauseCircleOutlined, WifiOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { errorText } from '../api/errorText';
import { signOut } from '../api/resources';
import type { Session } from '../api/types';
import { formatTime } from '../format/time';
import { useLanguage, useText } from '../i18n/LanguageProvider';
import { useConnection, useHubNow } from '../live/hooks';
import { useLiveStore } from '../live/LiveProvider';
import { linkTo, type Page } from '../route';
import { LanguageSwitch } from './LanguageSwitch';
import { Navigation } from './Navigation';

export function Header({ session, page }: { session: Session; page: Page }) {
  return (
    <header className="bar">
      <a className="brand" href={linkTo('points')}>CityEdge</a>
      <Navigation page={page} place="top" />
      <span className="grow" />
      <Connection />
      <HubTime />
      <LanguageSwitch />
      <Person session={session} />
    </header>
  );
}

const connectionIcons = { live: WifiOutlined, connecting: LoadingOutlined, lost: DisconnectOutlined, paused: PauseCircleOutlined };

function Connection() {
  const t = useText();
  const connection = useConnection();
  const Icon = connectionIcons[connection];
  return (
    <span className={`connection connection-${connection}`} role="status" title={t(`live.${connection}`)}>
      <Icon aria-hidden="true" /> <span className="connection-text">{t(`live.${connection}`)}</span>
    </span>
  );
}

function HubTime() {
  const { t, language } = useLanguage();
  const now = useHubNow();
  const { speed } = useLiveStore().clock;
  const rounded = Math.round(speed * 10) / 10;
  const text = formatTime(now, language, speed > 30 ? 'clock' : 'full'); // begins with the year and its separator in both languages
  return (
    <span className="hubtime" title={`${t('clock.label')} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`}>
      <time aria-label={t('clock.label')}><span className="hubtime-year">{text.slice(0, 5)}</span>{text.slice(5)}</time>
      {rounded !== 1 && <span className="speed" title={t('clock.speedHint', { speed: rounded })}>{t('clock.speed', { speed: rounded })}</span>}
    </span>
  );
}

function Person({ session }: { session: Session }) {
  const t = useText();
  const client = useQueryClient();
  const { message } = App.useApp();
  if (session.role === '' || session.user === 'anonymous') return <span className="person" title={t('signin.anonymous')}>{session.user}</span>;
  const leave = async () => {
    try {
      await signOut();
      client.setQueryData(['session'], null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
    } catch (error) {
      message.error(errorText(error, t));
    }
  };
  return (
    <button type="button" className="bar-button person" title={`${session.user} (${session.role}) · ${t('signin.out')}`} aria-label={t('signin.out')} onClick={() => void leave()}>
      <span className="person-name">{session.user}</span> <LogoutOutlined aria-hidden="true" />
    </button>
  );
}
