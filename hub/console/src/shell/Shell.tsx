import { App, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import type { Session } from '../api/types';
import { AlarmsPage } from '../alarms/AlarmsPage';
import { ComplaintsPage } from '../complaints/ComplaintsPage';
import { DevicesPage } from '../devices/DevicesPage';
import { useLanguage } from '../i18n/LanguageProvider';
import { LiveProvider } from '../live/LiveProvider';
import { PointPage } from '../points/PointPage';
import { PointsPage } from '../points/PointsPage';
import { useRoute, type Route } from '../route';
import { TicketsPage } from '../tickets/TicketsPage';
import { Header } from './Header';
import { Navigation } from './Navigation';
import { Overview } from './Overview';
import { PageBoundary } from './PageBoundary';

const theme = {
  token: {
    colorPrimary: '#0b6fa4',
    colorLink: '#0b6fa4',
    borderRadius: 6,
    fontFamily: "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif",
    motion: false,
  },
};

/** The signed-in console: header, overview, the page of the address, navigation (at the bottom on a phone). */
export default function Shell({ session }: { session: Session }) {
  const { language } = useLanguage();
  const route = useRoute();
  return (
    <ConfigProvider locale={language === 'zh' ? zhCN : enUS} theme={theme} button={{ autoInsertSpace: false }}>
      <App component="div" className="shell">
        <LiveProvider>
          <Header session={session} page={route.page} />
          <Overview />
          <main className="page" key={`${route.page}/${route.page === 'points' ? route.id : ''}`}>
            <PageBoundary>{pageOf(route, session.role)}</PageBoundary>
          </main>
          <Navigation page={route.page} place="bottom" />
        </LiveProvider>
      </App>
    </ConfigProvider>
  );
}

function pageOf(route: Route, role: string) {
  switch (route.page) {
    case 'points': return route.id ? <PointPage id={route.id} route={route} /> : <PointsPage route={route} />;
    case 'alarms': return <AlarmsPage route={route} />;
    case 'tickets': return <TicketsPage route={route} />;
    case 'complaints': return <ComplaintsPage route={route} role={role} />;
    case 'devices': return <DevicesPage route={route} />;
  }
}
