import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ClassifierName,
  classifierNames,
  classifiers,
  parseAnswer,
  toJsonSchema,
} from '../../../domain/classifiers/index.js';
import { type ProfileName, type ProfileSetting, profileNames } from '../../../domain/providers/profileNames.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import { createClassifierCalls } from '../../../llm/chatCompletions/classifierCalls.js';
import type { ReplyRequest } from '../../../llm/port.js';
import { createLocalFacts, type LearnedFacts } from '../../../llm/profiles/learnedFacts.js';
import { type ChosenProfile, profileOf } from '../../../llm/profiles/profiles.js';
import { calls, context } from '../../support/chats/classifierTurn.js';
import { collectReply } from '../../support/provider/collectReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { beStrict } from '../../support/provider/strict/beStrict.js';

let server: ScriptedProvider;
beforeAll(async () => {
  server = await startScriptedProvider();
});
afterAll(() => server.close());
afterEach(() => {
  server.unscript();
  server.requests.length = 0;
});

type Known = { profile: ChosenProfile; facts: LearnedFacts };

/** A prompt of a chat with a guest, as strict templates do not take it. */
const story: ReplyRequest['messages'] = [
  { role: 'system', content: 'You are Mira.' },
  { role: 'assistant', content: 'Tea or rum?' },
  { role: 'user', content: 'Robin: Rum.' },
  { role: 'user', content: 'Brann: And for me?' },
  { role: 'system', content: 'Be brief.' },
  { role: 'assistant', content: 'Both, then.' },
];
const work: ReplyRequest['messages'] = [
  { role: 'user', content: 'Look.' },
  { role: 'assistant', content: '', toolCalls: [{ id: 'abcdefgh1', name: 'look', arguments: '{}' }] },
  { role: 'tool', toolCallId: 'abcdefgh1', content: 'A lamp.' },
];
/** Calls that other providers made earlier, with ids in their forms. */
const foreign = ['toolu_01A09q90qw90lq917835lq9', 'functions.look:0', `call_${'x'.repeat(78)}`];
const passedOn: ReplyRequest['messages'] = [
  { role: 'user', content: 'Look everywhere.' },
  { role: 'assistant', content: '', toolCalls: foreign.map((id) => ({ id, name: 'look', arguments: '{}' })) },
  ...foreign.map((toolCallId) => ({ role: 'tool' as const, toolCallId, content: 'A lamp.' })),
];
const tools = [{ name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } }];
const requests: Partial<ReplyRequest>[] = [
  { messages: story },
  { messages: story, temperature: 1.5, maxTokens: 500, thinking: true },
  { messages: work, tools, thinking: true, temperature: 0.3, maxTokens: 500 },
  { messages: passedOn, tools },
];

async function reply(known: Known, request: Partial<ReplyRequest>): Promise<string> {
  const provider = createChatCompletions({ baseUrl: server.baseUrl, apiKey: 'k', ...known });
  const asked = { model: 'm', messages: story, requestId: 'turn_1/reply:0/1', ...request };
  const { text, error } = await collectReply(provider, { request: asked });
  if (error) throw error;
  return text;
}

/** Asks as a step does: again with another attempt where an answer can't be used. */
async function ask(known: Known, name: ClassifierName): Promise<number> {
  const askOf = createClassifierCalls({ baseUrl: server.baseUrl, apiKey: 'k', ...known });
  const classifier = classifiers[name];
  const question = {
    ...{ model: 'm', name, messages: classifier.messages(context, calls[name]) },
    schema: toJsonSchema(classifier.answer(context, calls[name])),
  };
  for (let attempt = 1; attempt <= 3; attempt++) {
    const requestId = `turn_1/${name}:0/${attempt}`;
    const how = { signal: new AbortController().signal, timeoutMs: 20_000 };
    const { content } = await askOf.ask({ ...question, requestId }, how);
    if (parseAnswer(classifier, context, calls[name], content).ok) return attempt;
    await askOf.answerWasUnusable?.('m');
  }
  return Number.POSITIVE_INFINITY;
}

const settings = profileNames.flatMap((name): [ProfileName, ProfileSetting][] => [
  [name, 'auto'],
  [name, name],
]);

describe('a server as strict as the real ones', () => {
  test.each(settings)(
    'of kind %s with the profile %s answers replies, agents and classifiers',
    async (kind, setting) => {
      beStrict(server, kind);
      const known = { profile: profileOf(setting, server.baseUrl), facts: createLocalFacts() };
      for (const request of requests) expect(await reply(known, request)).toBe('The lamp turns.');
      for (const name of classifierNames) expect(await ask(known, name)).toBeLessThanOrEqual(2);
      const learning = server.requests.length;
      for (const request of requests) await reply(known, request);
      for (const name of classifierNames) expect(await ask(known, name)).toBe(1);
      expect(server.requests.length - learning).toBe(requests.length + classifierNames.length);
    },
  );

  test('that refuses nothing gets the requests of OpenAI in the first place', async () => {
    const known = { profile: profileOf('auto', server.baseUrl), facts: createLocalFacts() };
    await reply(known, {
      messages: [{ role: 'user', content: 'Hello.' }],
      temperature: 0.3,
      maxTokens: 5,
      thinking: true,
    });
    expect(server.requests[0]?.body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello.' }],
      stream: true,
      stream_options: { include_usage: true },
      reasoning_effort: 'medium',
      temperature: 0.3,
      max_tokens: 5,
    });
  });
});

describe('stop sequences', () => {
  const request = { messages: story, foreignLines: ['\nRobin:'] };
  test.each(['openai', 'azure', 'groq', 'mistral'] as const)('are sent to a server of kind %s', async (name) => {
    beStrict(server, name);
    await reply({ profile: profileOf(name, server.baseUrl), facts: createLocalFacts() }, request);
    expect(server.requests.map(({ body }) => body.stop)).toEqual([['\nRobin:']]);
  });

  test.each(['auto', 'ollama', 'llama.cpp', 'vllm', 'strict'] as const)(
    'are not sent with the profile %s, whose server may find them in its thinking',
    async (name) => {
      await reply({ profile: profileOf(name, server.baseUrl), facts: createLocalFacts() }, request);
      expect(server.requests.map(({ body }) => 'stop' in body)).toEqual([false]);
    },
  );

  test('that a model of OpenAI refuses are left out from the second request on', async () => {
    const error = {
      message: "Unsupported parameter: 'stop' is not supported with this model.",
      type: 'invalid_request_error',
      param: 'stop',
      code: 'unsupported_parameter',
    };
    server.script(({ body }) => ('stop' in body ? { status: 400, body: { error } } : whole('Fine.')));
    const known = { profile: profileOf('openai', server.baseUrl), facts: createLocalFacts() };
    await reply(known, request);
    await reply(known, request);
    expect(server.requests.map(({ body }) => 'stop' in body)).toEqual([true, false, false]);
  });
});

describe('the profile of a server', () => {
  test.each([
    ['https://api.openai.com/v1', 'openai'],
    ['https://mine.openai.azure.com/openai/v1', 'azure'],
    ['https://openrouter.ai/api/v1', 'openrouter'],
    ['https://generativelanguage.googleapis.com/v1beta/openai', 'gemini'],
    ['https://api.moonshot.ai/v1', 'kimi'],
    ['http://127.0.0.1:11434/v1', 'ollama'],
    ['http://localhost:8000/v1', 'vllm'],
    ['https://notopenrouter.ai/v1', 'plain'],
    ['http://127.0.0.1:49152/v1', 'plain'],
  ])('at %s is %s', (baseUrl, name) => {
    expect(profileOf('auto', baseUrl).name).toBe(name);
  });

  test('continues messages only where it was chosen by name', () => {
    expect(profileOf('auto', 'http://localhost:8000/v1').continuation).toBeUndefined();
    expect(profileOf('vllm', 'http://localhost:8000/v1').continuation).toBe('vllm');
  });
});
