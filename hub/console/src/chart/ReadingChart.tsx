import { useEffect, useRef } from 'react';
import { init, type ECharts } from './echarts';
import { optionOf, type Picture } from './option';

/** Draws one picture; a new picture replaces data and marks, zoom stays. Its own chunk: imported lazily. */
export default function ReadingChart({ picture }: { picture: Picture }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const created = init(element, null, { locale: picture.language === 'zh' ? 'ZH' : 'EN' });
    chart.current = created;
    const observer = new ResizeObserver(() => created.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      created.dispose();
      chart.current = null;
    };
  }, [picture.language]);

  useEffect(() => {
    chart.current?.setOption(optionOf(picture), { replaceMerge: ['series'], lazyUpdate: true });
  }, [picture]);

  return <div ref={box} className="chart" role="img" aria-label={picture.description} />;
}
