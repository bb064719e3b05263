import { originOf } from '../../domain/agents/origin.js';
import { imageTokens } from '../../domain/attachments/promptAttachments.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { stopSequences } from '../../domain/narrative/speakerNames.js';
import { type PartStage, through } from '../../llm/partStage.js';
import type { ReplyPart, ReplyRequest } from '../../llm/port.js';
import { thisAttempt } from '../attempt.js';
import { toApplicationFailure } from '../failure.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import type { AttemptStart } from '../telemetry.js';
import type { Attempt } from './attempt.js';
import { failAttempt } from './concludeAttempt.js';
import { continueVersion } from './continuedReply.js';
import { createOwnParts } from './ownParts.js';
import { type ProviderStream, startProviderStream } from './providerStream.js';
import { canPrefill, type ResumePoint, readResumePoint } from './resumePoint.js';
import { promptTexts } from './streamCall.js';
import type { Fallback, ModelRequest } from './streamedStep.js';

/** Asks the provider, from where earlier attempts have left the draft. Throws the attempt's failure where it can't. */
export async function beginStream<P, V>(attempt: Attempt<P, V>, prompt: P | null): Promise<ProviderStream> {
  const { deps, step, lease, report } = attempt;
  if (prompt === null) throw toApplicationFailure(new TurnFailure('turn_gone'), null, deps.retry);
  const { fallback, ...first } = await toRequest(attempt, prompt);
  const asked = lease.onFallback && fallback ? askFallback(first, fallback) : first;
  const point = await retryWhileDatabaseAway(() => readResumePoint(deps.pool, step.key, lease, asked));
  report.began(howItBegins(attempt, asked, point));
  const { model } = asked.request;
  const continued = continueVersion(asked, point, canPrefill(asked, lease));
  const request = {
    ...asked.request,
    ...lease.options,
    ...(asked.names ? { foreignLines: stopSequences(asked.names) } : {}),
    ...(point.from === 'prefix' ? { continueFrom: point.prefix.text } : {}),
    ...continued?.request,
  };
  return startProviderStream(
    { db: deps.pool, wire: deps.wire, checkpointer: deps.checkpointer },
    {
      key: step.key,
      chatId: lease.chatId,
      speakerId: lease.speakerId,
      fence: lease.fence,
      epoch: lease.epoch,
      restartReason: lease.restartReason,
      kept: asked.draft?.kept ?? continued?.kept,
      steps: asked.draft?.steps,
      sent: point.from === 'response' ? point.sent : null,
      prefix: point.from === 'prefix' ? point.prefix : null,
      call: {
        step: step.name,
        attempt: lease.askedAttempt,
        model,
        origin: originOf({ model, onFallback: asked !== first }),
        prompt: promptTexts(request),
        imageTokens: imageTokens(request.messages),
        resumed: point.from === 'response',
        ...(point.from === 'prefix' ? { continuedEpoch: lease.epoch } : {}),
      },
      limitMs: deps.limitMs - lease.streamedMs,
      hasFallback: fallback !== undefined && !lease.onFallback,
      watch: report.watchCall(model),
      filter: ownLinesOf(asked, point, continued?.request.continueFrom),
      open: (signal) => openStream(attempt, asked, request, point, signal),
    },
  );
}

const askFallback = (first: ModelRequest, { provider, model }: Fallback): ModelRequest => ({
  ...first,
  provider,
  request: { ...first.request, model },
});

function openStream<P, V>(
  { deps, step, lease }: Attempt<P, V>,
  { provider, names }: ModelRequest,
  request: Omit<ReplyRequest, 'requestId'>,
  point: ResumePoint,
  signal: AbortSignal,
): AsyncIterable<ReplyPart> {
  const requestId = `${step.key.turnId}/${step.name}/${lease.attempt}`;
  const { model } = request;
  const filter = names
    ? { filter: (parts: AsyncIterable<ReplyPart>) => through(parts, createOwnParts({ names, model, before: '' })) }
    : {};
  const resume = point.from === 'response' ? { resume: { ...point.resume, ...filter } } : {};
  const options = { signal, silenceMs: deps.silenceMs, mayLackReason: lease.endedWithoutReason };
  return provider.streamReply({ ...request, requestId }, { ...options, ...resume });
}

/** For a reply of which only the speaker's lines are kept. */
function ownLinesOf(
  { provider, names, request: { model } }: ModelRequest,
  point: ResumePoint,
  continueFrom: string | undefined,
): PartStage | undefined {
  if (!names) return undefined;
  return createOwnParts({
    names,
    model,
    before: continueFrom ?? passedBefore(point),
    responseId: point.from === 'response' ? point.resume.responseId : null,
    cancel: (responseId) => void provider.cancel?.(responseId),
  });
}

/** The text of the reply that earlier attempts have passed on, and that this stream continues. */
function passedBefore(point: ResumePoint): string {
  switch (point.from) {
    case 'response':
      return point.sent?.text ?? '';
    case 'prefix':
      return point.prefix.text;
    case 'nothing':
      return '';
  }
}

/** A request that cannot be made is a failure of the attempt, with its code. */
async function toRequest<P, V>(attempt: Attempt<P, V>, prompt: P): Promise<ModelRequest> {
  try {
    return await retryWhileDatabaseAway(() => attempt.step.toRequest(prompt, attempt.lease));
  } catch (error) {
    if (!(error instanceof TurnFailure)) throw error;
    throw await failAttempt(attempt, error);
  }
}

function howItBegins<P, V>({ lease }: Attempt<P, V>, { draft }: ModelRequest, point: ResumePoint): AttemptStart {
  if (point.from === 'response') return 'resumed';
  if (point.from === 'prefix') return 'continued';
  if (lease.epoch > 0 && !draft?.kept.inEpoch) return 'restarted';
  return thisAttempt().number > 1 ? 'again' : 'first';
}
