import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { recall, remember } from '../remember';
import { preferredLanguage, translator, type Language, type Translate } from './translate';

interface LanguageChoice { t: Translate; language: Language; choose(language: Language): void }

const Context = createContext<LanguageChoice | null>(null);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => preferredLanguage(recall('language'), navigator.languages));
  const choice = useMemo<LanguageChoice>(() => ({
    t: translator(language),
    language,
    choose: (next) => { remember('language', next); setLanguage(next); },
  }), [language]);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    document.title = choice.t('app.title');
  }, [language, choice]);
  return <Context value={choice}>{children}</Context>;
}

export function useLanguage(): LanguageChoice {
  const choice = useContext(Context);
  if (!choice) throw new Error('useLanguage outside LanguageProvider');
  return choice;
}

export const useText = (): Translate => useLanguage().t;
