import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createOwnParts } from '../../../activities/streaming/ownParts.js';
import { speakerNames } from '../../../domain/narrative/speakerNames.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import { through } from '../../../llm/partStage.js';
import type { ReplyPart, ReplyProvider, Resume } from '../../../llm/port.js';
import { createResponses } from '../../../llm/responses/responses.js';
import { someRequest } from '../../support/provider/collectReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { type ScriptedResponses, startScriptedResponses } from '../../support/provider/scriptedResponses.js';
import { until } from '../../support/until.js';

const person = (id: string, name: string) => ({ id, name, persona: '' });
const names = speakerNames({ you: person('you', 'Tom'), host: person('a', 'Mira'), guest: null, speakerId: 'a' });
const options = { signal: new AbortController().signal, silenceMs: 20_000 };
const filter = (parts: AsyncIterable<ReplyPart>) => through(parts, createOwnParts({ names, model: 'm', before: '' }));

async function read(provider: ReplyProvider, resume?: Resume) {
  const own = createOwnParts({
    names,
    model: 'm',
    before: resume?.text ?? '',
    cancel: (id) => void provider.cancel?.(id),
  });
  const parts = through(provider.streamReply(someRequest, { ...options, ...(resume ? { resume } : {}) }), own);
  let text = '';
  for await (const part of parts) {
    if (part.type === 'delta') text += part.text;
    if (part.type === 'finish') return { text, finish: part };
  }
  return { text, finish: null };
}

describe('a reply by Chat Completions', () => {
  let server: ScriptedProvider;
  beforeEach(async () => {
    server = await startScriptedProvider();
  });
  afterEach(() => server.close());

  test('that speaks for the user ends there, and its connection is closed', async () => {
    const provider = createChatCompletions({ baseUrl: server.baseUrl, apiKey: 'k' });
    server.script({ steps: [{ text: 'Mi' }, { text: 'ra: Good evening.\n' }, { text: '**Tom:' }, { text: '** Hi!' }] });
    expect(await read(provider)).toEqual({
      text: 'Good evening.',
      finish: { type: 'finish', reason: 'stop', usage: null, model: 'm' },
    });
    await server.requests[0]?.left();
  });
});

describe('a response that the provider keeps', () => {
  let server: ScriptedResponses;
  beforeEach(async () => {
    server = await startScriptedResponses();
  });
  afterEach(() => server.close());

  test('is cancelled when it speaks for the user', async () => {
    const provider = createResponses({ baseUrl: server.baseUrl, apiKey: 'k' });
    server.onCreated((response) => {
      for (const token of ['Good evening.', '\n', 'Tom:']) response.say(token);
    });
    expect(await read(provider)).toMatchObject({ text: 'Good evening.', finish: { reason: 'stop' } });
    await until('the response is cancelled', async () => (server.responses[0]?.status === 'cancelled' ? true : null));
  });

  test.each([
    ['streams it again from the start', false],
    ['no longer streams it', true],
  ])('is resumed after its own name, at a server that %s', async (_, onlyLive) => {
    const provider = createResponses({ baseUrl: server.baseUrl, apiKey: 'k' });
    server.onCreated((response) => {
      for (const token of ['Mira: ', 'One. ', 'Two. ', 'Three.', '\nTom: Four.']) response.say(token);
      response.complete();
    });
    await read(provider);
    server.streamsOnlyLive(onlyLive);
    const kept = server.responses[0];
    if (!kept) throw new Error('the provider was not asked');
    kept.status = 'completed';
    const resume = { responseId: kept.id, sequence: null, text: 'One. Two', thinking: '', filter };
    expect(await read(provider, resume)).toMatchObject({ text: '. Three.', finish: { reason: 'stop' } });
  });
});
