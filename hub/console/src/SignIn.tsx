import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ApiError, rememberCsrfToken } from './api/client';
import { errorText } from './api/errorText';
import { signIn } from './api/resources';
import { useText } from './i18n/LanguageProvider';
import { LanguageSwitch } from './shell/LanguageSwitch';

/** Plain HTML: the first page of a phone on a weak network needs no component library. */
export function SignIn() {
  const t = useText();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError('');
    try {
      const { csrf } = await signIn(String(form.get('name') ?? ''), String(form.get('password') ?? ''));
      rememberCsrfToken(csrf);
      await client.resetQueries(); // what the person before was refused is asked again
    } catch (failure) {
      setError(failure instanceof ApiError && failure.status === 401 ? failure.detail || t('signin.rejected') : errorText(failure, t));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="signin">
      <div className="splash">CityEdge<span className="grow" /><LanguageSwitch /></div>
      <main>
        <form className="signin-card" onSubmit={(event) => void submit(event)}>
          <h1>{t('signin.title')}</h1>
          <label>{t('signin.name')}<input name="name" autoComplete="username" autoCapitalize="none" required autoFocus /></label>
          <label>{t('signin.password')}<input name="password" type="password" autoComplete="current-password" required /></label>
          <p role="alert" className="signin-error">{error}</p>
          <button type="submit" disabled={busy}>{busy ? t('signin.busy') : t('signin.submit')}</button>
        </form>
      </main>
    </div>
  );
}
