import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { ChatQuery } from '../data/stream/chatQuery.js';
import { t } from '../strings/strings.js';

/** A part of the panel with a heading. */
export function Section({ title, children, action }: SectionProps) {
  const id = useId();
  return (
    <section class="panel-section" aria-labelledby={id}>
      <header class="section-head">
        <h3 id={id}>{title}</h3>
        {action}
      </header>
      {children}
    </section>
  );
}

type SectionProps = { title: string; children: ComponentChildren; action?: ComponentChildren };

/** The state of a query that has no data to show: loading, or failed. `notRead`: the sentence for a failure. */
export function QueryStatus({ query, notRead }: { query: ChatQuery<unknown>; notRead(why: string): string }) {
  if (query.failure.value) {
    return (
      <div class="failure" role="alert">
        <p>{notRead(query.failure.value)}</p>
        <button type="button" class="quiet" onClick={query.refresh}>
          {t().common.tryAgain}
        </button>
      </div>
    );
  }
  return query.value.value === null ? <p class="hint loading">{t().common.loading}</p> : null;
}

/** Terms with their values. Terms without a value are left out. */
export function Facts({ facts }: { facts: readonly (readonly [term: string, value: ComponentChildren])[] }) {
  const given = facts.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return (
    <dl class="facts">
      {given.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
