import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { ApiError, rememberCsrfToken } from './api/client';
import { errorText } from './api/errorText';
import { getSession } from './api/resources';
import type { Session } from './api/types';
import { useText } from './i18n/LanguageProvider';
import { SignIn } from './SignIn';

// Asked for at once, beside the session, so that the two round trips overlap.
const shell = import('./shell/Shell');
const Shell = lazy(() => shell);

/** Nothing, the sign-in page or the console, by what the hub says about the session. */
export function Root() {
  const t = useText();
  const session = useQuery<Session | null>({
    queryKey: ['session'],
    queryFn: async () => {
      try {
        return await getSession();
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
  if (session.data !== undefined) rememberCsrfToken(session.data?.csrf);

  if (session.isPending) return <Splash note={t('loading')} />;
  if (session.isError) {
    return (
      <Splash note={errorText(session.error, t)}>
        <button type="button" className="plain-button" onClick={() => void session.refetch()}>{t('error.retry')}</button>
      </Splash>
    );
  }
  if (session.data === null) return <SignIn />;
  return (
    <Suspense fallback={<Splash note={t('loading')} />}>
      <Shell session={session.data} />
    </Suspense>
  );
}

function Splash({ note, children }: { note: string; children?: React.ReactNode }) {
  return (
    <>
      <div className="splash">CityEdge</div>
      <main className="splash-note" aria-live="polite">{note}{children}</main>
    </>
  );
}
