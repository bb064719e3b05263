import { TurnFailure } from '../../domain/log/failures.js';
import { readEvents } from '../http/eventFrames.js';
import { isDone, type SentEvent } from '../http/eventReader.js';
import type { ReplyPart } from '../port.js';
import type { SilenceClock } from '../silenceClock.js';
import { parseFrames } from './completionFrames.js';
import type { Completion } from './completionParts.js';
import type { StreamEnding } from './endOfReply.js';

/** Reads an answer to its end. Throws what `readEvents` and `completion` throw. */
export async function* readCompletion(
  response: Response,
  completion: Completion,
  clock: SilenceClock,
): AsyncGenerator<ReplyPart> {
  let ending: StreamEnding = 'closed';
  let failure: TurnFailure | null = null;
  try {
    for await (const event of readEvents(response, clock, completion.graceMs)) {
      if (isDone(event.data)) ending = 'done';
      else yield* partsOf(event, completion, clock);
    }
  } catch (error) {
    if (clock.stopped || !(error instanceof TurnFailure)) throw error;
    // After its end the reply is complete; only its usage may be missing.
    if (completion.graceMs() === undefined) failure = error;
    ending = 'broken';
  }
  yield* completion.heldBack();
  if (failure) throw failure;
  yield* completion.finish(ending);
}

function* partsOf(event: SentEvent, completion: Completion, clock: SilenceClock): Generator<ReplyPart> {
  for (const frame of parseFrames(event))
    for (const part of completion.take(frame)) {
      yield part;
      clock.signal.throwIfAborted();
    }
}
