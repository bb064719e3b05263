import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PublicError, TokenUsage, Turn } from '../../../client/src/index.js';
import { messageOf } from '../../data/api.js';
import { nameOf } from '../../data/library.js';
import { isDeveloper } from '../../data/preferences.js';
import { service } from '../../data/service.js';
import { Dialog } from '../../parts/dialog.js';
import { formatDuration, formatTime } from '../../parts/format.js';
import { stepLabel, stepStatusLabels, turnPhaseLabels, turnStatusLabels, warningMessage } from '../../parts/labels.js';
import { FailureText } from './failureBox.js';

/** Everything that is known of a turn: status, steps, token usage, and its workflow. */
export function TurnDetails({ turnId, onClose }: { turnId: string; onClose(): void }) {
  const [turn, setTurn] = useState<Turn | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    service.getTurn(turnId).then(setTurn, (error: unknown) => setFailure(messageOf(error)));
  }, [turnId]);
  return (
    <Dialog title="Turn details" onClose={onClose} wide>
      {failure && <p class="failure">{failure}</p>}
      {!turn && !failure && <p class="hint">Loading…</p>}
      {turn && <Details turn={turn} />}
    </Dialog>
  );
}

function Details({ turn }: { turn: Turn }) {
  const { usage, warnings, error } = turn;
  return (
    <div class="form">
      <dl class="turn-facts">
        <Fact term="Status">{statusText(turn)}</Fact>
        <Fact term="Sent">{timeText(turn)}</Fact>
        {isDeveloper() && usage && <Fact term="Tokens">{usageText(usage)}</Fact>}
        {isDeveloper() && (
          <Fact term="Workflow">
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
  const phaseText = phase === 'done' || phase === 'waiting' ? '' : `, ${turnPhaseLabels[phase]}`;
  const engineText = {
    ok: '',
    failing: '. The workflow keeps failing and needs an operator.',
    unreachable: '. This is the last known status: the workflow did not answer.',
  };
  return `${turnStatusLabels[status]}${phaseText}${engineText[engine]}`;
}

function timeText({ createdAt, startedAt, finishedAt }: Turn): string {
  const sent = formatTime(createdAt);
  if (!startedAt || !finishedAt) return sent;
  return `${sent}, took ${formatDuration(new Date(finishedAt).getTime() - new Date(startedAt).getTime())}`;
}

function usageText({ promptTokens, completionTokens, llmCallCount, modelId, certainty, wasted }: TokenUsage): string {
  const calls = `${llmCallCount} model ${llmCallCount === 1 ? 'call' : 'calls'}`;
  const model = modelId ? ` (${modelId})` : '';
  const certaintyText = certainty === 'exact' ? '' : `, ${certainty}`;
  return `${promptTokens} in, ${completionTokens} out, ${calls}${model}${certaintyText}${wastedText(wasted)}`;
}

function wastedText(wasted: TokenUsage['wasted']): string {
  if (!wasted || wasted.calls === 0) return '';
  const { calls, promptTokens, completionTokens } = wasted;
  return `. Without a result: ${calls} ${calls === 1 ? 'call' : 'calls'} (${promptTokens} in, ${completionTokens} out)`;
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
          <th scope="col">Step</th>
          <th scope="col">Status</th>
          <th scope="col">Attempts</th>
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
              {stepStatusLabels[step.status]}
              {step.error && <> {isDeveloper() ? <code>{step.error.code}</code> : step.error.message}</>}
            </td>
            <td>{step.attempts}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
