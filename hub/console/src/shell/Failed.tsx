import { Alert, Button } from 'antd';
import { errorText } from '../api/errorText';
import { useText } from '../i18n/LanguageProvider';

/** Why a list could not be loaded, with the hub's own words, and a way to try again. */
export function Failed({ error, retry }: { error: unknown; retry: () => unknown }) {
  const t = useText();
  return <Alert type="error" showIcon title={t('error.load')} description={errorText(error, t)} action={<Button size="small" onClick={() => void retry()}>{t('error.retry')}</Button>} />;
}
