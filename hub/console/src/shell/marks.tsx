import { AlertFilled, CheckCircleOutlined, ClockCircleOutlined, MutedOutlined, QuestionCircleOutlined, WarningFilled } from '@ant-design/icons';
import { memo } from 'react';
import { severityColors, severityOf, type PointState } from '../format/severity';
import { useText } from '../i18n/LanguageProvider';

/** Severity as an icon, a word and a colour. */
export function SeverityMark({ severity }: { severity: string }) {
  const word = severityOf(severity);
  const Icon = word === 'p1' || word === 'p2' ? AlertFilled : WarningFilled;
  return <span className="mark mark-solid" style={{ background: severityColors[word].solid }}><Icon aria-hidden="true" /> {word.toUpperCase()}</span>;
}

export const StateMark = memo(function StateMark({ state }: { state: PointState }) {
  const t = useText();
  if (state === 'ok') return <span className="mark mark-ok"><CheckCircleOutlined aria-hidden="true" /> {t('state.ok')}</span>;
  if (state === 'silent') return <span className="mark mark-silent"><MutedOutlined aria-hidden="true" /> {t('state.silent')}</span>;
  return <SeverityMark severity={state} />;
});

export const QualityMarks = memo(function QualityMarks({ marks }: { marks: readonly string[] }) {
  const t = useText();
  return <>{marks.map((mark) => {
    const Icon = mark === 'future_time' ? ClockCircleOutlined : QuestionCircleOutlined;
    return <span key={mark} className="mark mark-doubt"><Icon aria-hidden="true" /> {t.word('quality', mark)}</span>;
  })}</>;
});
