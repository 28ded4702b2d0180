import { en } from './en';
import { zh, type Dictionary, type TextKey } from './zh';

export type Language = 'zh' | 'en';
export type { TextKey };
export type Parameters = Record<string, string | number>;

/** What components use: `t('points.count', { shown: 3, total: 9 })`. */
export interface Translate {
  (key: TextKey, parameters?: Parameters): string;
  /** Text of a word that the hub sends (`prefix.word`), or the word itself when the dictionary does not know it. */
  word(prefix: string, word: string | null | undefined): string;
  readonly language: Language;
}

export const dictionaries: Record<Language, Dictionary> = { zh, en };

/** Chinese for any `zh*` among the browser's languages that comes before English; else English. */
export function preferredLanguage(remembered: string | null | undefined, browser: readonly string[]): Language {
  if (remembered === 'zh' || remembered === 'en') return remembered;
  for (const tag of browser) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'zh' || primary === 'en') return primary;
  }
  return 'en';
}

export function fill(text: string, parameters?: Parameters): string {
  if (!parameters) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in parameters ? String(parameters[name]) : whole));
}

export function translator(language: Language): Translate {
  const texts = dictionaries[language];
  const t = (key: TextKey, parameters?: Parameters) => fill(texts[key], parameters);
  const word = (prefix: string, value: string | null | undefined) => {
    if (!value) return '';
    const key = `${prefix}.${value}`;
    return key in texts ? texts[key as TextKey] : value;
  };
  return Object.assign(t, { word, language });
}

/** Text in the reader's language of something the hub gives in both; falls back to the other language. */
export function localized(text: { zh?: string; en?: string } | string | null | undefined, language: Language): string {
  if (!text) return '';
  if (typeof text === 'string') return text;
  return (language === 'zh' ? text.zh || text.en : text.en || text.zh) ?? '';
}
