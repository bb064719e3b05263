import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { ChatQuery } from '../data/chatQuery.js';

/** A part of the panel under its heading. */
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

/** What stands in place of something that is not read yet, or could not be; nothing once it is there. */
export function Waiting({ followed, what }: { followed: ChatQuery<unknown>; what: string }) {
  if (followed.failure.value) {
    return (
      <div class="failure" role="alert">
        <p>
          {what} can’t be shown. {followed.failure.value}
        </p>
        <button type="button" class="quiet" onClick={followed.refresh}>
          Try again
        </button>
      </div>
    );
  }
  return followed.value.value === null ? <p class="hint loading">Loading…</p> : null;
}

/** Terms and what they say; those without a value are left out. */
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
