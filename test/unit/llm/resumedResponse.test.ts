import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReplyPart, Resume } from '../../../llm/port.js';
import { createResponses } from '../../../llm/responses/responses.js';
import { someRequest } from '../../support/provider/collectReply.js';
import { type ScriptedResponses, startScriptedResponses } from '../../support/provider/scriptedResponses.js';

let server: ScriptedResponses;
beforeAll(async () => {
  server = await startScriptedResponses();
});
afterAll(() => server.close());

/** What one attempt received, and how it ended. */
async function attempt(resume?: Resume, onDelta: (count: number) => void = () => undefined) {
  const provider = createResponses({ baseUrl: server.baseUrl, apiKey: 'sk' });
  const options = { signal: new AbortController().signal, silenceMs: 20_000, ...(resume ? { resume } : {}) };
  const parts: ReplyPart[] = [];
  let error: unknown;
  try {
    for await (const part of provider.streamReply(someRequest, options)) {
      parts.push(part);
      if (part.type === 'delta') onDelta(parts.filter(({ type }) => type === 'delta').length);
    }
  } catch (thrown) {
    error = thrown;
  }
  const deltas = parts.flatMap((part) => (part.type === 'delta' ? [part] : []));
  return {
    error,
    id: parts.flatMap((part) => (part.type === 'response' ? [part.id] : []))[0],
    text: deltas.map(({ text }) => text).join(''),
    sequence: deltas.at(-1)?.sequence ?? null,
    calls: parts.filter(({ type }) => type === 'tool_call').length,
    finish: parts.find(({ type }) => type === 'finish'),
  };
}

/** A response that breaks off after two tokens. */
async function brokenOff() {
  server.onCreated((response) => {
    response.say('One ');
    response.say('two ');
  });
  const first = await attempt(undefined, (count) => {
    if (count === 2) server.reset(server.responses.at(-1)?.id ?? '');
  });
  expect(first).toMatchObject({ text: 'One two ', error: { code: 'stream_broken' }, id: expect.any(String) });
  const response = server.responses.at(-1)!;
  return {
    first,
    response,
    resume: { responseId: first.id!, sequence: first.sequence, text: first.text, thinking: '' },
  };
}

describe('a response that broke off', () => {
  test('is read on after the last number, also while it is generated', async () => {
    const { response, resume } = await brokenOff();
    response.say('three.');
    const reading = attempt(resume);
    response.complete([{ call_id: 'a', name: 'calculate', arguments: '{}' }]);
    expect(await reading).toMatchObject({
      text: 'three.',
      calls: 1,
      finish: { reason: 'tool_calls' },
      error: undefined,
    });
  });

  test('is read from its start, without what is known, where its events have no numbers', async () => {
    const { response, resume } = await brokenOff();
    response.say('three.');
    response.complete();
    expect(await attempt({ ...resume, sequence: null })).toMatchObject({ text: 'three.', finish: { reason: 'stop' } });
  });

  test('is read whole where the server streams only what it generates', async () => {
    const { response, resume } = await brokenOff();
    response.say('three.');
    response.complete();
    server.streamsOnlyLive(true);
    expect(await attempt(resume)).toMatchObject({ text: 'three.', finish: { reason: 'stop' } });
    server.streamsOnlyLive(false);
  });

  test('is gone where the server has forgotten it', async () => {
    const { response, resume } = await brokenOff();
    server.forget(response.id);
    expect(await attempt(resume)).toMatchObject({ text: '', error: { code: 'response_gone' } });
  });
});
