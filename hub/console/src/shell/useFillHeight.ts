import { useLayoutEffect, useState, type RefObject } from 'react';

export interface Box { width: number; height: number }

/** Width of an element and the height from its top to the window's bottom (less `spare`), at least `least`: what a virtual table needs in numbers. */
export function useFillHeight(ref: RefObject<HTMLElement | null>, spare: number, least: number): Box {
  const [box, setBox] = useState<Box>({ width: 0, height: least });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => {
      const { top, width } = element.getBoundingClientRect();
      const height = Math.max(least, Math.floor(innerHeight - (top + scrollY) - spare));
      setBox((before) => (before.width === Math.floor(width) && before.height === height ? before : { width: Math.floor(width), height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    observer.observe(element);
    addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      removeEventListener('resize', measure);
    };
  }, [ref, spare, least]);
  return box;
}
