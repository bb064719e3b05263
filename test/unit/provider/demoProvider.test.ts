import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { z } from 'zod';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import { demoReply } from '../../../scripts/provider/demoReply.js';
import { close, listen } from '../../../scripts/provider/http.js';
import { rolePlay } from '../../../scripts/provider/rolePlay.js';
import { smallestAnswer } from '../../../scripts/provider/schemaAnswer.js';
import { createDemoProvider } from '../../../scripts/provider/server.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';

let server: Server;
let baseUrl: string;

beforeAll(async () => {
  server = createDemoProvider();
  baseUrl = `http://127.0.0.1:${await listen(server, 0)}/v1`;
});
afterAll(() => close(server));

describe('the demo provider', () => {
  test('streams a whole reply at a reading pace, with usage', async () => {
    const { text, deltas, finish } = await collectReply(createChatCompletions({ baseUrl, apiKey: undefined }));
    expect(text).toContain('Good evening.');
    expect(deltas.length).toBeGreaterThan(30);
    const seconds = (deltas.at(-1)!.at - deltas[0]!.at) / 1000;
    expect(deltas.length / seconds).toBeLessThan(45);
    expect(finish).toMatchObject({ reason: 'stop', usage: { certainty: 'exact' } });
  });

  test('answers a message with an image and a file', async () => {
    const attached = [
      { type: 'image' as const, id: 'att_1', mediaType: 'image/png', past: false },
      { type: 'text' as const, text: 'File notes.md: The tide.' },
    ];
    const { text, error } = await collectReply(createChatCompletions({ baseUrl, apiKey: undefined }), {
      request: {
        ...someRequest,
        messages: [{ role: 'user', content: 'What is this?', attached }],
        loadImages: async () => new Map([['att_1', 'AAAA']]),
      },
    });
    expect(error).toBeUndefined();
    expect(text.length).toBeGreaterThan(20);
  });

  test('stops when its client disconnects', async () => {
    const stop = new AbortController();
    const { error } = await collectReply(createChatCompletions({ baseUrl, apiKey: undefined }), {
      signal: stop.signal,
      onDelta: () => stop.abort('enough'),
    });
    expect(error).toBe('enough');
  });

  test('gives different replies to different prompts, and the same to the same', () => {
    const to = (content: string) => rolePlay([{ role: 'user', content }]).join('');
    const all = Array.from({ length: 20 }, (_, n) => to(`line ${n}`));
    expect(new Set(all).size).toBe(20);
    expect(to('line 3')).toBe(all[3]);
  });

  test('answers as an assistant where the prompt is not that of a role-play', () => {
    const to = (content: string, system = 'You are a helpful assistant.') =>
      demoReply({
        model: 'demo',
        messages: [
          { role: 'system', content: system },
          { role: 'user', content },
        ],
      }).text;
    expect(to('What can you do?')).toMatch(/I have no model behind me.*OPENAI_API_KEY/s);
    expect(to('Thank you!')).toContain('You are welcome');
    expect(to('How do I bake bread?')).toContain('“How do I bake bread?”');
    expect(to('Hello.')).not.toMatch(/lamp|storm|harbour/);
    const card = 'Speak like a pirate.\n\nMira towards you: affinity 50 of 100, trust 50 of 100.';
    expect(to('Hello.', card)).not.toContain('demo provider');
  });

  test('answers every question by its topic and repeats nothing of what was said', () => {
    const system = 'You are Mira in a role-play with Robin and Tobias. Answer as Mira, and only as Mira.';
    const to = (content: string) =>
      rolePlay([
        { role: 'system', content: system },
        { role: 'user', content: content },
      ]).join('');
    const reply = to('Robin: Mira, how is the storm? And does the ferry run? I saw seventeen green herons.');
    expect(reply).toMatch(/over us within the hour.*Thursday/s);
    expect(reply).not.toMatch(/heron|seventeen|how is the storm/i);
    expect(to('Who is Tobias?')).toContain('Tobias talks');
    expect(to('Tobias, are you afraid?')).not.toContain('Tobias talks');
  });

  test('answers a JSON schema with a value that satisfies it', async () => {
    const schema = z.object({
      addresseeId: z.enum(['chr_1', 'chr_2']),
      affinityDelta: z.number().int().min(-10).max(10),
      significance: z.number().int().min(1).max(3),
      shouldClose: z.boolean(),
      reason: z.string().nullable(),
      facts: z.array(z.object({ targetId: z.literal('you'), fact: z.string().min(1) })).min(1),
    });
    const response_format = {
      type: 'json_schema',
      json_schema: { name: 'state_update', strict: true, schema: z.toJSONSchema(schema) },
    };
    const body = JSON.stringify({ model: 'gpt-4.1-mini', messages: someRequest.messages, response_format });
    const response = await fetch(`${baseUrl}/chat/completions`, { method: 'POST', body });
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(schema.parse(JSON.parse(choices[0]!.message.content))).toMatchObject({
      addresseeId: expect.stringMatching(/^chr_[12]$/),
    });
    const streamed = await new OpenAI({ baseURL: baseUrl, apiKey: 'none' }).chat.completions
      .stream({
        model: 'demo',
        messages: [{ role: 'user', content: 'Who?' }],
        response_format: { ...response_format, type: 'json_schema' },
      })
      .finalContent();
    schema.parse(JSON.parse(streamed ?? ''));
  });

  test('follows references in a schema', () => {
    const schema = { type: 'object', properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: { const: 7 } } };
    expect(smallestAnswer(schema)).toEqual({ a: 7 });
  });

  test('is healthy, lists its models, and refuses unknown paths', async () => {
    const root = baseUrl.replace('/v1', '');
    expect((await fetch(`${root}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${baseUrl}/models`)).json()).toMatchObject({ data: [{ id: 'demo' }] });
    expect((await fetch(`${baseUrl}/responses`, { method: 'POST', body: '{}' })).status).toBe(404);
    expect((await fetch(`${baseUrl}/chat/completions`)).status).toBe(405);
    expect((await fetch(`${baseUrl}/chat/completions`, { method: 'POST', body: '{' })).status).toBe(400);
  });

  test('as a process prints its address and ends on SIGTERM', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/provider/demo.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DEMO_PROVIDER_PORT: '0' },
    });
    const lines = createInterface(child.stdout);
    const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(20_000) })) as [string];
    const url = /^demo provider listening on (http:\/\/127\.0\.0\.1:\d+\/v1)$/.exec(line)?.[1];
    expect((await fetch(`${url}/models`)).status).toBe(200);
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(5_000) });
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    lines.close();
  }, 30_000);
});
