import type { ComponentChildren } from 'preact';
import type { PublicError } from '../../../client/src/index.js';
import { isDeveloper } from '../../data/preferences.js';
import { failureAdvice, failureMessage } from '../../strings/errors.js';

type FailureBoxProps = { error: PublicError; children?: ComponentChildren };

/** Why something failed and what to do, with the buttons that do it. */
export function FailureBox({ error, children }: FailureBoxProps) {
  return (
    <div class="failure beat-note">
      <FailureText error={error} />
      {children}
    </div>
  );
}

/** The same without a frame. */
export function FailureText({ error }: { error: PublicError }) {
  return (
    <p>
      {[failureMessage(error), failureAdvice(error)].filter(Boolean).join(' ')}{' '}
      {isDeveloper() && <code>{error.code}</code>}
    </p>
  );
}
