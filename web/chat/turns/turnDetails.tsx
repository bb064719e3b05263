import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PublicError, TokenUsage, Turn } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';
import { isDeveloper } from '../../data/preferences.js';
import { service } from '../../data/service.js';
import { Dialog } from '../../parts/dialog.js';
import { stepLabel, warningMessage } from '../../parts/labels.js';
import { failureMessage, messageOf } from '../../strings/errors.js';
import { t } from '../../strings/strings.js';
import { FailureText } from './failureBox.js';

/** Everything that is known of a turn: status, steps, token usage, and its workflow. */
export function TurnDetails({ turnId, onClose }: { turnId: string; onClose(): void }) {
  const [turn, setTurn] = useState<Turn | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    service.getTurn(turnId).then(setTurn, (error: unknown) => setFailure(messageOf(error)));
  }, [turnId]);
  return (
    <Dialog title={t().turn.title} onClose={onClose} wide>
      {failure && <p class="failure">{failure}</p>}
      {!turn && !failure && <p class="hint">{t().common.loading}</p>}
      {turn && <Details turn={turn} />}
    </Dialog>
  );
}

function Details({ turn }: { turn: Turn }) {
  const { usage, warnings, error } = turn;
  return (
    <div class="form">
      <dl class="turn-facts">
        <Fact term={t().turn.status}>{statusText(turn)}</Fact>
        <Fact term={t().turn.sent}>{timeText(turn)}</Fact>
        {isDeveloper() && usage && <Fact term={t().turn.tokens}>{usageText(usage)}</Fact>}
        {isDeveloper() && (
          <Fact term={t().turn.workflow}>
            {turn.temporalUiUrl ? (
              <a href={turn.temporalUiUrl} target="_blank" rel="noopener noreferrer">
                {turn.id} ↗
              </a>
            ) : (
              <code>{turn.id}</code>
            )}
          </Fact>
        )}
      </dl>
      {error && (
        <div class="failure">
          <FailureText error={error} />
          {isDeveloper() && error.detail && <code>{detailText(error.detail)}</code>}
        </div>
      )}
      {warnings.map((warning) => (
        <p class="hint" key={warning}>
          {warningMessage(warning, nameOf)}
        </p>
      ))}
      <Steps turn={turn} />
    </div>
  );
}

function Fact({ term, children }: { term: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
}

function statusText({ status, phase, engine }: Turn): string {
  const phaseText = phase === 'done' || phase === 'waiting' ? '' : `, ${t().labels.turnPhase[phase]}`;
  return `${t().labels.turnStatus[status]}${phaseText}${t().turn.engine[engine]}`;
}

function timeText({ createdAt, startedAt, finishedAt }: Turn): string {
  const sent = t().formats.time(createdAt);
  if (!startedAt || !finishedAt) return sent;
  return t().turn.took(sent, t().formats.duration(new Date(finishedAt).getTime() - new Date(startedAt).getTime()));
}

function usageText({ promptTokens, completionTokens, llmCallCount, modelId, certainty, wasted }: TokenUsage): string {
  const model = modelId ? ` (${modelId})` : '';
  const { turn } = t();
  return `${turn.usage(promptTokens, completionTokens)}, ${turn.modelCalls(llmCallCount)}${model}${turn.certainty[certainty]}${wastedText(wasted)}`;
}

function wastedText(wasted: TokenUsage['wasted']): string {
  if (!wasted || wasted.calls === 0) return '';
  const { calls, promptTokens, completionTokens } = wasted;
  return t().turn.wasted(calls, t().turn.usage(promptTokens, completionTokens));
}

/** The codes of the provider's answer. */
const detailText = ({ status, ...codes }: NonNullable<PublicError['detail']>) =>
  [`HTTP ${status}`, ...Object.values(codes)].join(' · ');

function Steps({ turn }: { turn: Turn }) {
  if (turn.steps.length === 0) return null;
  return (
    <table class="steps-table">
      <thead>
        <tr>
          <th scope="col">{t().turn.step}</th>
          <th scope="col">{t().turn.status}</th>
          <th scope="col">{t().turn.attempts}</th>
        </tr>
      </thead>
      <tbody>
        {turn.steps.map((step) => (
          <tr key={step.name}>
            <td>
              {stepLabel(step.name, nameOf)}
              {isDeveloper() && <code class="step-name">{step.name}</code>}
            </td>
            <td>
              {t().labels.stepStatus[step.status]}
              {step.error && <> {isDeveloper() ? <code>{step.error.code}</code> : failureMessage(step.error)}</>}
            </td>
            <td>{step.attempts}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
