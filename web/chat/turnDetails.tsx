import { useEffect, useState } from 'preact/hooks';
import type { PublicError, TokenUsage, Turn } from '../../client/src/index.js';
import { get, messageOf } from '../data/api.js';
import { nameOf } from '../data/library.js';
import { Dialog } from '../parts/dialog.js';
import { formatDuration, formatTime, stepLabel, stepStatusLabels, warningMessage } from '../parts/labels.js';

/** All that is known of a turn: how it went, step by step, what it cost, and where its workflow is. */
export function TurnDetails({ turnId, onClose }: { turnId: string; onClose(): void }) {
  const [turn, setTurn] = useState<Turn | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    get<Turn>(`/v1/turns/${turnId}`).then(setTurn, (error: unknown) => setFailure(messageOf(error)));
  }, [turnId]);
  return (
    <Dialog title="About this turn" onClose={onClose} wide>
      {failure && <p class="failure">{failure}</p>}
      {!turn && !failure && <p class="hint">Reading…</p>}
      {turn && <Details turn={turn} />}
    </Dialog>
  );
}

function Details({ turn }: { turn: Turn }) {
  const { usage, warnings, error } = turn;
  return (
    <div class="form">
      <dl class="turn-facts">
        <dt>State</dt>
        <dd>
          {turn.status.replaceAll('_', ' ')}
          {turn.phase !== 'done' && `, ${turn.phase.replaceAll('_', ' ')}`}
          {turn.engine === 'failing' && ' (its workflow can not go on: an operator has to look)'}
          {turn.engine === 'unreachable' && ' (as far as is known: the engine does not answer)'}
        </dd>
        <dt>Said</dt>
        <dd>
          {formatTime(turn.createdAt)}
          {turn.startedAt && turn.finishedAt && `, took ${formatDuration(spanOf(turn.startedAt, turn.finishedAt))}`}
        </dd>
        {usage && (
          <>
            <dt>Tokens</dt>
            <dd>
              {usage.promptTokens} in, {usage.completionTokens} out, {usage.llmCallCount}{' '}
              {usage.llmCallCount === 1 ? 'call' : 'calls'}
              {usage.modelId && ` (${usage.modelId})`}
              {usage.certainty !== 'exact' && `, ${usage.certainty}`}
              {usage.wasted && usage.wasted.calls > 0 && `; ${wastedWords(usage.wasted)}`}
            </dd>
          </>
        )}
        <dt>Workflow</dt>
        <dd>
          {turn.temporalUiUrl ? (
            <a href={turn.temporalUiUrl} target="_blank" rel="noopener noreferrer">
              {turn.id} ↗
            </a>
          ) : (
            <code>{turn.id}</code>
          )}
        </dd>
      </dl>
      {error && (
        <p class="failure">
          {error.message} <code>{error.code}</code>
          {error.detail && <code>{detailWords(error.detail)}</code>}
        </p>
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

type Wasted = NonNullable<TokenUsage['wasted']>;

const wastedWords = ({ calls, promptTokens, completionTokens }: Wasted) =>
  `${calls} of them in vain (${promptTokens} in, ${completionTokens} out)`;

/** What the provider's answer said, in its own codes. */
const detailWords = ({ status, ...codes }: NonNullable<PublicError['detail']>) =>
  [`HTTP ${status}`, ...Object.values(codes)].join(' · ');

const spanOf = (from: string, to: string) => new Date(to).getTime() - new Date(from).getTime();

function Steps({ turn }: { turn: Turn }) {
  if (turn.steps.length === 0) return null;
  return (
    <table class="steps-table">
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col">State</th>
          <th scope="col">Attempts</th>
        </tr>
      </thead>
      <tbody>
        {turn.steps.map((step) => (
          <tr key={step.name}>
            <td>
              {stepLabel(step.name, nameOf)}
              <code class="step-name">{step.name}</code>
            </td>
            <td>
              {stepStatusLabels[step.status]}
              {step.error && (
                <>
                  {' '}
                  <code>{step.error.code}</code>
                </>
              )}
            </td>
            <td>{step.attempts}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
