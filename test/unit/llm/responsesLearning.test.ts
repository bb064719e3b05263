import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createResponses } from '../../../llm/responses/responses.js';
import { close, eventStream, listen, readBody, sendJson } from '../../../scripts/provider/http.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';

/** A server of the Responses API whose model takes no temperature and no reasoning. */
const bodies: Record<string, unknown>[] = [];
let refusesFormat = (_type: string) => false;
const server = createServer(async (request, response) => {
  const body = JSON.parse(await readBody(request)) as Record<string, unknown>;
  bodies.push(body);
  const [field] = ['temperature', 'reasoning'].filter((name) => name in body);
  if (field) {
    const param = field === 'reasoning' ? 'reasoning.effort' : field;
    const message = `Unsupported parameter: '${param}' is not supported with this model.`;
    return sendJson(response, 400, { error: { message, type: 'invalid_request_error', param, code: null } });
  }
  const { format } = (body.text ?? {}) as { format?: { type: string } };
  if (format && refusesFormat(format.type)) {
    const message = `Unsupported value: 'text.format.type' does not support '${format.type}' with this model.`;
    return sendJson(response, 400, { error: { message, type: 'invalid_request_error', param: 'text.format.type' } });
  }
  const done = { id: 'resp_1', status: 'completed', model: 'm', output: [] as object[] };
  const text = { type: 'message', content: [{ type: 'output_text', text: 'Fine.' }] };
  const events = [
    { type: 'response.created', sequence_number: 0, response: { ...done, status: 'in_progress' } },
    { type: 'response.output_text.delta', sequence_number: 1, delta: 'Fine.' },
    { type: 'response.completed', sequence_number: 2, response: { ...done, output: [text] } },
  ];
  response.writeHead(200, eventStream);
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
});
let baseUrl = '';
beforeAll(async () => {
  baseUrl = `http://127.0.0.1:${await listen(server, 0)}/v1`;
});
afterAll(() => close(server));

test('a server of the Responses API that refuses parameters is asked without them, and later at once', async () => {
  const provider = createResponses({ baseUrl, apiKey: 'k' });
  const request = { ...someRequest, temperature: 0.3, thinking: true };
  expect(await collectReply(provider, { request })).toMatchObject({ text: 'Fine.', error: undefined });
  expect(bodies).toHaveLength(3);
  expect(bodies[2]).toMatchObject({ background: true, stream: true, store: true });
  expect((await collectReply(provider, { request })).text).toBe('Fine.');
  expect(bodies).toHaveLength(4);
});

test('a server of the Responses API that refuses a form of the answer gets it in the prompt, and later at once', async () => {
  const provider = createResponses({ baseUrl, apiKey: 'k' });
  const schema = { type: 'object', properties: { score: { type: 'number' } }, required: ['score'] };
  const format = { type: 'json_schema', name: 'score', schema, strict: true } as const;
  const reply = async () => (await collectReply(provider, { request: { ...someRequest, format } })).text;
  const from = bodies.length;
  const asked = (n: number) => [
    bodies[from + n]?.text,
    JSON.stringify(bodies[from + n]?.input).includes('JSON Schema'),
  ];
  expect(await reply()).toBe('Fine.');
  expect(asked(0)).toEqual([{ format }, false]);
  refusesFormat = (type) => type === 'json_schema';
  expect(await reply()).toBe('Fine.');
  expect([asked(1), asked(2)]).toEqual([
    [{ format }, false],
    [{ format: { type: 'json_object' } }, true],
  ]);
  refusesFormat = () => true;
  expect(await reply()).toBe('Fine.');
  expect([asked(3), asked(4)]).toEqual([
    [{ format: { type: 'json_object' } }, true],
    [undefined, true],
  ]);
  expect(await reply()).toBe('Fine.');
  expect(bodies.length - from).toBe(6);
});
