import { memo } from 'react';
import type { Point } from '../api/types';
import { formatAge } from '../format/time';
import { displayOf, formatValue } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import { stateOf, useAlarmVersion, useHubNow, useLivePoint } from '../live/hooks';
import { useLiveStore } from '../live/LiveProvider';
import { QualityMarks, StateMark } from '../shell/marks';

/** Cells that follow one point each. */
export const LiveValue = memo(function LiveValue({ point }: { point: Point }) {
  const t = useText();
  const live = useLivePoint(point.id);
  if (!live) return <span className="sub">{t('points.noReading')}</span>;
  const display = displayOf(point.kind, point.unit);
  return <span className="value">{formatValue(live.value, display, t)}{typeof live.value === 'number' && display.label && <span className="unit"> {display.label}</span>}</span>;
});

export const LiveAge = memo(function LiveAge({ id }: { id: string }) {
  const t = useText();
  const live = useLivePoint(id);
  const now = useHubNow();
  return <span className="age">{live ? formatAge(Math.max(0, now - live.time), t) : t('age.never')}</span>;
});

export const LiveQuality = memo(function LiveQuality({ id }: { id: string }) {
  const live = useLivePoint(id);
  return live && live.quality.length > 0 ? <QualityMarks marks={live.quality} /> : null;
});

export const LiveState = memo(function LiveState({ point }: { point: Point }) {
  const store = useLiveStore();
  useAlarmVersion();
  useLivePoint(point.id);
  return <StateMark state={stateOf(store, point)} />;
});
