import { describe, expect, it } from 'vitest';
import { dictionaries, fill, localized, preferredLanguage, translator } from './translate';

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('dictionaries', () => {
  it('have the same keys in both languages', () => {
    expect(Object.keys(dictionaries.en).sort()).toEqual(Object.keys(dictionaries.zh).sort());
  });

  it('have the same parameters under each key, and no empty text', () => {
    for (const key of Object.keys(dictionaries.zh) as (keyof typeof dictionaries.zh)[]) {
      expect(dictionaries.zh[key], key).not.toBe('');
      expect(dictionaries.en[key], key).not.toBe('');
      expect(places(dictionaries.en[key]), key).toEqual(places(dictionaries.zh[key]));
    }
  });

  it('leave no Chinese in English but for the name of the other language', () => {
    const stray = Object.entries(dictionaries.en).filter(([key, text]) => key !== 'lang.switch' && /[\u4e00-\u9fff]/.test(text));
    expect(stray).toEqual([]);
  });
});

describe('language', () => {
  it('is the remembered one, else the first of the browser that is known, else English', () => {
    expect(preferredLanguage('en', ['zh-CN'])).toBe('en');
    expect(preferredLanguage('klingon', ['zh-TW'])).toBe('zh');
    expect(preferredLanguage(null, ['fr', 'zh-CN', 'en'])).toBe('zh');
    expect(preferredLanguage(null, ['fr'])).toBe('en');
    expect(preferredLanguage(null, [])).toBe('en');
  });

  it('fills parameters and keeps unknown ones visible', () => {
    expect(fill('{shown} of {total}', { shown: 3 })).toBe('3 of {total}');
  });

  it('gives the words of the hub, or the word itself when it is new', () => {
    const t = translator('zh');
    expect(t.word('tstate', 'pending-verify')).toBe('待核验');
    expect(t.word('tstate', 'brand-new')).toBe('brand-new');
    expect(t.word('tstate', null)).toBe('');
  });

  it('falls back to the other language of a text given in both', () => {
    expect(localized({ zh: '室温不达标', en: 'Room too cold' }, 'en')).toBe('Room too cold');
    expect(localized({ zh: '室温不达标' }, 'en')).toBe('室温不达标');
    expect(localized('plain', 'zh')).toBe('plain');
    expect(localized(null, 'zh')).toBe('');
  });
});
