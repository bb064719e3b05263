import { z } from 'zod';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { createProviderClient } from '../../llm/http/providerClient.js';
import type { ReplyRequest } from '../../llm/port.js';
import type { ProbedReply, Target } from './target.js';

/** What a check has found. `note` says what was seen. */
export type Finding = { works: boolean; note: string };

export type Check = {
  name: string;
  /** What does not work in this product where the check fails. */
  otherwise: string;
  run(target: Target): Promise<Finding>;
};

/** Enough for a model that thinks before it answers. */
const MAX_TOKENS = 600;

const ask = (content: string, more: Partial<ReplyRequest> = {}): Partial<ReplyRequest> => ({
  messages: [{ role: 'user', content }],
  maxTokens: MAX_TOKENS,
  ...more,
});
const failed = ({ failure }: ProbedReply): Finding => ({ works: false, note: `failed: ${failure ?? 'no answer'}` });

const weather = {
  name: 'weather',
  description: 'The weather of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
};
const askWeather = 'What is the weather in Paris and in Rome? Call the tool for both cities at once.';

/** A white pixel. */
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==';

export const checks: Check[] = [
  {
    name: 'streaming',
    otherwise: 'Replies do not appear word by word, or not at all.',
    async run(target) {
      const reply = await target.reply(ask('Count from one to five in words.'));
      if (reply.failure || reply.text === '') return failed(reply);
      return { works: reply.deltas > 1, note: `${reply.deltas} pieces, ended with ${reply.finish?.reason}` };
    },
  },
  {
    name: 'usage',
    otherwise: 'Tokens are estimated, and `usage` says so.',
    async run(target) {
      const { finish, ...reply } = await target.reply(ask('Say yes.'));
      if (!finish) return failed({ ...reply, finish });
      const { usage } = finish;
      return usage
        ? { works: true, note: `${usage.promptTokens} + ${usage.completionTokens} tokens` }
        : { works: false, note: 'no count of tokens' };
    },
  },
  {
    name: 'limit of tokens',
    otherwise: '`maxTokens` of turns and providers has no effect.',
    async run(target) {
      const reply = await target.reply(ask('Count from one to a hundred in words.', { maxTokens: 16 }));
      if (reply.failure && reply.failure !== 'thought_only') return failed(reply);
      return { works: reply.finish?.reason === 'length', note: `ended with ${reply.finish?.reason ?? 'nothing'}` };
    },
  },
  {
    name: 'tools',
    otherwise: 'Agent chats can not use tools.',
    async run(target) {
      const reply = await target.reply(ask(askWeather, { tools: [weather] }));
      const [call] = reply.calls;
      if (reply.failure || !call) return { ...failed(reply), ...(reply.failure ? {} : { note: 'no call' }) };
      const results = reply.calls.map(({ id }) => ({ role: 'tool' as const, toolCallId: id, content: 'Sunny.' }));
      const asked = { role: 'assistant' as const, content: reply.text, toolCalls: reply.calls };
      const answer = await target.reply({
        ...ask(askWeather, { tools: [weather] }),
        messages: [{ role: 'user', content: askWeather }, asked, ...results],
      });
      if (answer.failure) return { works: false, note: `refused the results: ${answer.failure}` };
      return { works: parseBounded(call.arguments) !== undefined, note: 'called, and read the results' };
    },
  },
  {
    name: 'parallel tools',
    otherwise: 'Agents call their tools one after another, which takes longer.',
    async run(target) {
      const reply = await target.reply(ask(askWeather, { tools: [weather] }));
      if (reply.failure) return failed(reply);
      return { works: reply.calls.length > 1, note: `${reply.calls.length} calls in one reply` };
    },
  },
  {
    name: 'structured answers',
    otherwise: 'Classifiers fail: in narrative chats no memories are scored, and no relationship changes.',
    run: structuredAnswer,
  },
  {
    name: 'thinking',
    otherwise: '`thinkingEnabled` shows no thinking.',
    async run(target) {
      const reply = await target.reply(ask('What is 17 times 23?', { thinking: true, maxTokens: 2_000 }));
      if (reply.failure) return failed(reply);
      return { works: reply.thinking !== '', note: `${reply.thinking.length} characters of thinking` };
    },
  },
  {
    name: 'continuation',
    otherwise: 'A reply that breaks off begins again; with continuation it would go on.',
    run: continuation,
  },
  {
    name: 'images',
    otherwise: 'The model can not see images of a turn.',
    run: image,
  },
  {
    name: 'cancel',
    otherwise: 'A stop may take as long as the reply.',
    async run(target) {
      const begunAt = performance.now();
      const reply = await target.reply(ask('Count from one to three hundred in words.'), { stopAfter: 1 });
      if (reply.failure) return failed(reply);
      return { works: reply.finish === null, note: `left after ${Math.round(performance.now() - begunAt)} ms` };
    },
  },
];

const answer = z.object({ score: z.int().min(0).max(3) });
const schema = {
  type: 'object',
  properties: { score: { type: 'integer', minimum: 0, maximum: 3 } },
  required: ['score'],
  additionalProperties: false,
};

async function structuredAnswer({ classifiers, model, timeoutMs }: Target): Promise<Finding> {
  const messages = [
    { role: 'system' as const, content: 'Rate from 0 to 3 how important the message is.' },
    { role: 'user' as const, content: 'The house is on fire.' },
  ];
  for (const attempt of [1, 2]) {
    try {
      const { content } = await classifiers.ask(
        { model, messages, requestId: `probe/structured/${attempt}`, name: 'significance', schema },
        { signal: AbortSignal.timeout(timeoutMs), timeoutMs },
      );
      if (answer.safeParse(parseBounded(content)).success)
        return { works: true, note: attempt === 1 ? 'keeps to the schema' : 'with the schema in the prompt' };
      await classifiers.answerWasUnusable?.(model);
    } catch (error) {
      return { works: false, note: `failed: ${codeOf(error)}` };
    }
  }
  return { works: false, note: 'the answers break the schema' };
}

async function continuation(target: Target): Promise<Finding> {
  const begun = 'One, two, three, four,';
  for (const dialect of ['vllm', 'openrouter'] as const) {
    const question = 'Count from one to ten in English words, on one line.';
    const reply = await target.reply(ask(question, { continueFrom: begun }), { continuation: dialect });
    const goesOn = !reply.failure && /^\W*five/i.test(reply.text);
    if (goesOn) return { works: true, note: `PROVIDER_CONTINUATION=${dialect}` };
  }
  return { works: false, note: 'begins again' };
}

/** Prompts of this product have no parts yet, so the request is made by hand. */
async function image({ baseUrl, apiKey, model, timeoutMs }: Target): Promise<Finding> {
  const client = createProviderClient({ baseUrl, apiKey });
  const content = [
    { type: 'text' as const, text: 'Which colour is this? One word.' },
    { type: 'image_url' as const, image_url: { url: PIXEL } },
  ];
  try {
    const request = { model, messages: [{ role: 'user' as const, content }] };
    await client.chat.completions.create(request, { signal: AbortSignal.timeout(timeoutMs) });
    return { works: true, note: 'accepted' };
  } catch (error) {
    const { status } = error as { status?: number };
    return { works: false, note: status ? `refused with ${status}` : 'no answer' };
  }
}

const codeOf = (error: unknown): string => (error instanceof TurnFailure ? error.code : 'no answer');
