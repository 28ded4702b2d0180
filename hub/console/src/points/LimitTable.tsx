import type { Limit } from '../api/types';
import { sign } from '../chart/series';
import { formatWithUnit, type Display } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import { SeverityMark } from '../shell/marks';

/** The limits that rules apply to the point, the raising ones first. */
export function LimitTable({ limits, display }: { limits: readonly Limit[]; display: Display }) {
  const t = useText();
  if (limits.length === 0) return <p className="sub">{t('point.limit.none')}</p>;
  const sorted = [...limits].sort((a, b) => a.rule.localeCompare(b.rule) || b.kind.localeCompare(a.kind));
  return (
    <table className="facts">
      <tbody>
        {sorted.map((limit, index) => (
          <tr key={index}>
            <td>{limit.severity ? <SeverityMark severity={limit.severity} /> : null}</td>
            <td className={`limit-${limit.kind}`}>{t(`point.limit.${limit.kind}`)} {sign(limit.op)} {formatWithUnit(limit.limit, display, t)}</td>
            <td className="breakable">{limit.rule}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
