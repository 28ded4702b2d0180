import type { Translate } from '../i18n/translate';
import { ApiError } from './client';

/** What to tell a person: the hub's own `detail` first, then its title, then the status. */
export function errorText(error: unknown, t: Translate): string {
  if (error instanceof ApiError) {
    if (error.status === 0) return t('error.offline');
    return error.detail || error.title || t('error.status', { status: error.status });
  }
  return error instanceof Error ? error.message : String(error);
}
