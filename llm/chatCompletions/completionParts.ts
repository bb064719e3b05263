import { TurnFailure } from '../../domain/log/failures.js';
import { fromErrorObject, withoutFinishReason } from '../errors/providerFailures.js';
import { countOf, type Fields, fieldsOf, isFields, listOf, textOf } from '../looseJson.js';
import type { FinishReason, ReplyPart } from '../port.js';
import { toPart } from '../separatedParts.js';
import { createThinkBlocks, type Piece } from '../thinkBlocks.js';
import { createUsage } from './completionUsage.js';
import { createEndOfReply, type StreamEnding } from './endOfReply.js';
import { piecesOf } from './messagePieces.js';
import { createReasoningBlocks } from './reasoningBlocks.js';
import { createSnapshots } from './snapshots.js';
import { errorIn } from './streamedErrors.js';
import { createToolCallDeltas } from './toolCallDeltas.js';

/** Assembles one completion from its chunks, or from a whole `chat.completion`. */
export type Completion = {
  /** Adds a chunk. Gives its deltas, thinking first. Then throws the failure that an error in the chunk means. */
  take(chunk: Fields): Iterable<ReplyPart>;
  /** How long what follows the end of the reply is waited for, in milliseconds; undefined before its end. */
  graceMs(): number | undefined;
  /** The text that was kept back: what is left at the end of the stream, however it ends. */
  heldBack(): ReplyPart[];
  /** The tool calls and the last part, after `heldBack`. Throws `stream_broken` where the reply is not complete. */
  finish(ending: StreamEnding): ReplyPart[];
};

type Options = {
  model: string;
  /** Takes `[DONE]` without a finish reason as the end of the reply. */
  mayLackReason?: boolean | undefined;
  warn?: (message: string) => void;
};

/** One choice is asked for. More are not examined. */
const MAX_CHOICES = 128;

export function createCompletion(options: Options): Completion {
  let model = options.model;
  const usage = createUsage();
  const calls = createToolCallDeltas();
  const blocks = createReasoningBlocks();
  const thinkBlocks = createThinkBlocks();
  const snapshots = createSnapshots();
  const end = createEndOfReply();

  /** Adds the calls of a choice. Gives whether there was something of a call. */
  function takeCalls(delta: Fields, message: Fields): boolean {
    const fragments = [
      ...listOf(delta.tool_calls),
      ...(isFields(delta.function_call) ? [{ index: 0, function: delta.function_call }] : []),
    ];
    calls.take(fragments);
    if (fragments.length > 0) snapshots.deltaOfCall();
    const whole = snapshots.newCalls([
      ...listOf(message.tool_calls),
      ...(isFields(message.function_call) ? [{ function: message.function_call }] : []),
    ]);
    calls.takeWhole(whole);
    return fragments.length + whole.length > 0;
  }

  function* takeChoice(choice: Fields, isWhole: boolean): Generator<ReplyPart> {
    const delta = deltaOf(choice);
    const message = fieldsOf(choice.message);
    blocks.take(delta);
    if (blocks.isEmpty()) blocks.take(message);
    const pieces = [
      ...snapshots.delta(piecesOf(delta)),
      ...snapshots.message(piecesOf(message), { isLast: end.isGivenBy(choice) }),
    ];
    const hasCalls = takeCalls(delta, message);
    const named = sendsReasoningContent(delta) || sendsReasoningContent(message);
    yield* pieces.flatMap(toParts).map((part) => (named ? withField(part) : part));
    end.take(choice, { hasContent: pieces.length > 0 || hasCalls, isWhole });
  }

  const toParts = ({ channel, text }: Piece): ReplyPart[] =>
    (channel === 'text' ? thinkBlocks.take(text) : [{ channel, text }]).map(toPart);

  function lastParts(reason: FinishReason): ReplyPart[] {
    if (calls.dropped() > 0) options.warn?.("a call's own fields of the server are too large and were dropped");
    if (blocks.tooLarge) options.warn?.('the blocks of reasoning are too large and were dropped');
    const asked = calls.calls().map((call): ReplyPart => ({ type: 'tool_call', ...call }));
    const reasoning = blocks.blocks().map((block): ReplyPart => ({ type: 'reasoning', api: 'chat', block }));
    // Some servers send `stop` together with tool calls.
    const ended = asked.length > 0 && reason === 'stop' ? 'tool_calls' : reason;
    return [...reasoning, ...asked, { type: 'finish', reason: ended, usage: usage.of(model), model }];
  }

  return {
    *take(chunk) {
      model = textOf(chunk.model) || model;
      const choice = listOf(chunk.choices).slice(0, MAX_CHOICES).map(fieldsOf).find(isFirst);
      usage.take(chunk.usage, fieldsOf(chunk.x_groq).usage, choice?.usage);
      const error = errorIn(chunk) ?? (choice && errorIn(choice));
      if (error) {
        // The text before the error, without the finish reason, which only repeats that there is one.
        if (choice) yield* takeChoice({ ...choice, finish_reason: null, finishReason: null, stop_reason: null }, false);
        throw fromErrorObject(error);
      }
      if (choice) yield* takeChoice(choice, isWholeAnswer(chunk, choice));
    },
    graceMs: end.graceMs,
    heldBack: () => thinkBlocks.end().map(toPart),
    finish(ending) {
      const reason = end.reasonAt(ending) ?? (ending === 'done' && options.mayLackReason ? 'stop' : null);
      if (reason === null) throw ending === 'done' ? withoutFinishReason() : new TurnFailure('stream_broken');
      return lastParts(reason);
    },
  };
}

/** A server that sends reasoning under this name may want it back. */
const sendsReasoningContent = ({ reasoning_content: sent }: Fields): boolean => typeof sent === 'string' && sent !== '';

const withField = (part: ReplyPart): ReplyPart =>
  part.type === 'delta' && part.channel === 'thinking' ? { ...part, field: 'reasoning_content' } : part;

/** Some servers give the name of the whole answer to its chunks, too. */
const isWholeAnswer = ({ object }: Fields, { message, delta }: Fields): boolean =>
  object === 'chat.completion' && isFields(message) && !isFields(delta);

/** Only one choice is requested. Other choices are ignored. */
const isFirst = ({ index }: Fields): boolean => (countOf(index) ?? 0) === 0;

/** Some servers send a text in place of an object, or, as an older API has it, beside it. */
function deltaOf({ delta, text, message }: Fields): Fields {
  if (typeof delta === 'string') return { content: delta };
  if (isFields(delta)) return delta;
  return isFields(message) ? {} : { content: textOf(text) };
}
