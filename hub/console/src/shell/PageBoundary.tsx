import { Alert } from 'antd';
import { Component, type ReactNode } from 'react';
import { useText } from '../i18n/LanguageProvider';

/** A page that throws shows what it threw; header and navigation go on. */
export class PageBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    return this.state.error ? <Failure error={this.state.error} /> : this.props.children;
  }
}

function Failure({ error }: { error: Error }) {
  const t = useText();
  return <Alert type="error" showIcon title={t('error.page')} description={error.message} />;
}
