import { useLanguage } from '../i18n/LanguageProvider';

export function LanguageSwitch() {
  const { t, language, choose } = useLanguage();
  return (
    <button type="button" className="bar-button" lang={language === 'zh' ? 'en' : 'zh-CN'} aria-label={t('lang.switchLabel')} onClick={() => choose(language === 'zh' ? 'en' : 'zh')}>
      {t('lang.switch')}
    </button>
  );
}
