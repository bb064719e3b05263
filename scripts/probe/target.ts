import type { FailureCode } from '../../domain/log/failures.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { type Continuation, createChatCompletions } from '../../llm/chatCompletions/chatCompletions.js';
import { type ClassifierCalls, createClassifierCalls } from '../../llm/chatCompletions/classifierCalls.js';
import type { ReplyPart, ReplyRequest } from '../../llm/port.js';
import { createLocalFacts, type LearnedFacts } from '../../llm/profiles/learnedFacts.js';
import type { ChosenProfile } from '../../llm/profiles/profiles.js';

export type ProbeOptions = {
  baseUrl: string;
  model: string;
  apiKey: string | undefined;
  profile: ChosenProfile;
  /** The longest time of one request, in milliseconds. */
  timeoutMs: number;
};

/** One reply of the server: its parts, or the code of its failure. */
export type ProbedReply = {
  text: string;
  thinking: string;
  deltas: number;
  calls: { id: string; name: string; arguments: string }[];
  finish: Extract<ReplyPart, { type: 'finish' }> | null;
  failure: FailureCode | null;
};

/** The server that is tried, by the same code that asks it for replies. What it refuses is learnt on the way. */
export type Target = ProbeOptions & {
  facts: LearnedFacts;
  reply(
    request: Partial<ReplyRequest>,
    how?: { continuation?: Continuation; stopAfter?: number },
  ): Promise<ProbedReply>;
  classifiers: ClassifierCalls;
};

export function createTarget(options: ProbeOptions): Target {
  const facts = createLocalFacts();
  const known = { baseUrl: options.baseUrl, apiKey: options.apiKey, profile: options.profile, facts };
  let n = 0;
  return {
    ...options,
    facts,
    classifiers: createClassifierCalls(known),
    async reply(request, { continuation, stopAfter } = {}) {
      const provider = createChatCompletions({ ...known, ...(continuation ? { continuation } : {}) });
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(new TurnFailure('provider_silent')), options.timeoutMs);
      const asked = { model: options.model, messages: [], requestId: `probe/${++n}/1`, ...request };
      const found: ProbedReply = { text: '', thinking: '', deltas: 0, calls: [], finish: null, failure: null };
      try {
        const parts = provider.streamReply(asked, { signal: abort.signal, silenceMs: options.timeoutMs });
        for await (const part of parts) {
          add(found, part);
          if (found.deltas === stopAfter) break;
        }
      } catch (error) {
        found.failure = error instanceof TurnFailure ? error.code : 'internal';
      } finally {
        clearTimeout(timer);
      }
      return found;
    },
  };
}

function add(reply: ProbedReply, part: ReplyPart): void {
  if (part.type === 'delta') {
    reply[part.channel] += part.text;
    reply.deltas += 1;
  } else if (part.type === 'text_was_thinking') [reply.thinking, reply.text] = [reply.thinking + reply.text, ''];
  else if (part.type === 'tool_call') reply.calls.push({ id: part.id, name: part.name, arguments: part.arguments });
  else if (part.type === 'finish') reply.finish = part;
}
