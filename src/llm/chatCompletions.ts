import type OpenAI from 'openai';
import type { ChatMessage } from '../domain/chatMessage.js';
import { TurnFailure } from '../domain/failures.js';
import { createFrameReader, parseChunk } from './completionFrames.js';
import { createCompletion } from './completionParts.js';
import type { ReplyPart, ReplyProvider, ReplyRequest, ToolOffer } from './port.js';
import { createProviderClient } from './providerClient.js';
import { fromBrokenStream, fromRequestError } from './providerFailures.js';
import { createSilenceClock, type SilenceClock } from './silenceClock.js';

/** Usage comes after the finish reason, if at all. A reply that is whole does not wait longer for it. */
const USAGE_WAIT_MS = 3_000;
/** What follows `[DONE]` is the end of the body. A connection on which it does not come is not kept. */
const BODY_END_WAIT_MS = 1_000;

type Log = { warn(fields: object, message: string): void };

/**
 * Replies by the Chat Completions API, of OpenAI or of any server that speaks it. `openai` makes the request;
 * the stream is read here, because its reader rescans what it holds with every piece of a large frame, and
 * waits for the connection's end after `[DONE]`.
 */
export function createChatCompletions(options: {
  baseUrl: string;
  apiKey: string | undefined;
  log?: Log;
}): ReplyProvider {
  const client = createProviderClient(options);
  return {
    async *streamReply(request, { signal, silenceMs }) {
      const clock = createSilenceClock({ signal, silenceMs });
      try {
        const response = await openStream(client, request, clock);
        yield* readReply(response, request.model, clock);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof TurnFailure) {
          options.log?.warn({ requestId: request.requestId, code: error.code, fault: error.cause }, 'provider failed');
        }
        throw error;
      } finally {
        clock.end();
      }
    },
  };
}

function toMessage(message: ChatMessage): OpenAI.ChatCompletionMessageParam {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  if (!('toolCalls' in message)) return message;
  const calls = message.toolCalls.map(({ id, name, arguments: sent }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: sent },
  }));
  return { role: 'assistant', content: message.content || null, tool_calls: calls };
}

const toTool = (tool: ToolOffer): OpenAI.ChatCompletionFunctionTool => ({
  type: 'function',
  function: { name: tool.name, description: tool.description, parameters: tool.parameters as Record<string, unknown> },
});

async function openStream(client: OpenAI, request: ReplyRequest, clock: SilenceClock): Promise<Response> {
  const answer = client.chat.completions.create(
    {
      model: request.model,
      messages: request.messages.map(toMessage),
      ...(request.tools?.length ? { tools: request.tools.map(toTool) } : {}),
      stream: true,
      stream_options: { include_usage: true },
      ...(request.maxTokens === undefined ? {} : { max_tokens: request.maxTokens }),
      ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    },
    { signal: clock.signal, headers: { 'X-Client-Request-Id': request.requestId } },
  );
  try {
    return await clock.waitFor(answer.asResponse());
  } catch (error) {
    throw fromRequestError(error, Date.now()) ?? error;
  }
}

async function* readReply(response: Response, model: string, clock: SilenceClock): AsyncGenerator<ReplyPart> {
  const completion = createCompletion(model);
  try {
    for await (const frame of readFrames(response, clock, () => completion.finished)) {
      for (const part of completion.take(parseChunk(frame))) {
        yield part;
        clock.signal.throwIfAborted();
      }
    }
  } catch (error) {
    // once the provider has said how the reply ends, it is whole: what broke off is its bookkeeping
    if (clock.stopped || !completion.finished || !(error instanceof TurnFailure)) throw error;
  }
  yield* completion.finish();
}

/** The data of each event up to `[DONE]` or the end of the body. */
async function* readFrames(response: Response, clock: SilenceClock, isFinished: () => boolean): AsyncGenerator<string> {
  if (!response.body) throw new TurnFailure('stream_broken');
  const body: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const reader = createFrameReader();
  for (;;) {
    const { done, value } = await clock.waitFor(read(body), isFinished() ? USAGE_WAIT_MS : undefined);
    for (const frame of done ? reader.end() : reader.push(value)) {
      clock.heard();
      if (frame === '[DONE]') return clock.leave(body, BODY_END_WAIT_MS);
      yield frame;
    }
    if (done) return;
  }
}

async function read(body: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await body.read();
  } catch (error) {
    throw fromBrokenStream(error);
  }
}
