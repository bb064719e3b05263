import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

jest.setTimeout(20_000);

type Schema = Record<string, unknown>;
type Operation = {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }>; headers?: object }>;
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** The calls of the contract that this service has by now. */
const calls = [
  'DELETE /v1/providers/{providerId}',
  'POST /v1/webhooks',
  'GET /v1/webhooks',
  'DELETE /v1/webhooks/{webhookId}',
  'DELETE /v1/owner',
  'GET /v1/attachments/{attachmentId}',
  'GET /v1/service',
  'PATCH /v1/providers/{providerId}',
  'POST /v1/attachments',
  'POST /v1/tokens',
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /v1/you',
  'PUT /v1/you',
  'GET /v1/characters',
  'POST /v1/characters',
  'GET /v1/characters/{characterId}',
  'PATCH /v1/characters/{characterId}',
  'DELETE /v1/characters/{characterId}',
  'POST /v1/characters/import',
  'GET /v1/characters/{characterId}/card',
  'GET /v1/characters/{characterId}/avatar',
  'PUT /v1/characters/{characterId}/avatar',
  'DELETE /v1/characters/{characterId}/avatar',
  'GET /v1/chats',
  'POST /v1/chats',
  'GET /v1/chats/{chatId}',
  'PATCH /v1/chats/{chatId}',
  'DELETE /v1/chats/{chatId}',
  'POST /v1/chats/{chatId}/turns',
  'POST /v1/chats/{chatId}/turns/cancel',
  'GET /v1/chats/{chatId}/events',
  'GET /v1/chats/{chatId}/live',
  'GET /v1/chats/{chatId}/messages',
  'GET /v1/chats/{chatId}/edges',
  'PATCH /v1/chats/{chatId}/edges',
  'GET /v1/chats/{chatId}/memories',
  'POST /v1/chats/{chatId}/memories',
  'PATCH /v1/chats/{chatId}/memories/{memoryId}',
  'DELETE /v1/chats/{chatId}/memories/{memoryId}',
  'GET /v1/chats/{chatId}/storyEvents',
  'POST /v1/chats/{chatId}/storyEvents',
  'GET /v1/chats/{chatId}/scenes',
  'POST /v1/chats/{chatId}/scenes',
  'POST /v1/chats/{chatId}/scenes/current/close',
  'GET /v1/chats/{chatId}/rewind/preview',
  'POST /v1/chats/{chatId}/rewind',
  'POST /v1/chats/{chatId}/rewind/undo',
  'POST /v1/chats/{chatId}/fork',
  'POST /v1/chats/{chatId}/impersonate',
  'GET /v1/chats/{chatId}/export',
  'POST /v1/chats/import',
  'GET /v1/search',
  'GET /v1/models',
  'GET /v1/turns/{turnId}',
  'POST /v1/turns/{turnId}/cancel',
  'POST /v1/turns/{turnId}/regenerate',
  'POST /v1/turns/{turnId}/continue',
  'POST /v1/turns/{turnId}/versions',
  'GET /v1/turns/{turnId}/versions',
  'POST /v1/turns/{turnId}/versions/{versionId}/activate',
  'POST /v1/turns/{turnId}/steps/{name}/retry',
  'POST /v1/turns/{turnId}/steps/{name}/skip',
  'POST /v1/turns/{turnId}/approvals/{callId}',
  'GET /v1/chats/{chatId}/thinking',
  'GET /v1/chats/{chatId}/projection',
  'POST /v1/chats/{chatId}/events',
  'GET /v1/documents',
  'POST /v1/documents',
  'GET /v1/documents/{documentId}',
  'PUT /v1/documents/{documentId}',
  'GET /v1/documents/{documentId}/changes',
  'POST /v1/changes/{changeId}/accept',
  'POST /v1/changes/{changeId}/decline',
  'GET /v1/providers',
  'POST /v1/providers',
  'GET /v1/tools',
];

let api: TestApi;
let document: Document;
const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );

beforeAll(async () => {
  api = await startTestApi();
  document = (await api.client.send<Document>('GET', '/openapi.json')).body;
}, 60_000);
afterAll(() => api.close());

describe('the OpenAPI document', () => {
  it('is version 3.1 and has exactly the calls of the api', () => {
    expect(document.openapi).toBe('3.1.0');
    const listed = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(listed.sort()).toEqual([...calls].sort());
  });

  it('has a unique name for each call, its path parameters and its answers', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(declared.map((parameter) => parameter.name)).toEqual(inPath);
      expect(declared.every((parameter) => parameter.required)).toBe(true);
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2') || status === '101')).toBe(true);
    }
  });

  it('has no dangling reference', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => String(ref));
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs)
      expect(document.components.schemas).toHaveProperty(ref.replace('#/components/schemas/', ''));
  });

  it('allows no unknown field in a body', () => {
    const turn = document.paths['/v1/chats/{chatId}/turns']?.post?.requestBody?.content['application/json']?.schema;
    expect(turn).toMatchObject({
      type: 'object',
      required: ['text'],
      additionalProperties: false,
      properties: { whenBusy: { enum: ['enqueue', 'reject', 'interrupt', 'rollback'], default: 'enqueue' } },
    });
  });

  it('documents the headers, the stream and the codes of posting a turn', () => {
    const post = document.paths['/v1/chats/{chatId}/turns']?.post;
    const headers = (post?.parameters ?? []).filter((parameter) => parameter.in === 'header');
    expect(headers.map((header) => header.name)).toEqual(['Idempotency-Key', 'Prefer']);
    expect(Object.keys(post?.responses['200']?.content ?? {})).toEqual(['application/json', 'text/event-stream']);
    expect(post?.responses['409']?.description).toBe(
      '`turn_in_progress`, `idempotency_mismatch`, `queue_full`, `chat_full`, `limit_reached`',
    );
    expect(Object.keys(post?.responses['202']?.headers ?? {})).toEqual(['RateLimit', 'RateLimit-Policy']);
  });

  it('matches the answers of the calls, field by field', async () => {
    const chat = await api.client.newChat();
    const turn = await api.client.postTurn(chat.id, 'one');
    const queued = await api.client.postTurn(chat.id, 'two');
    const { body: messages } = await api.client.send<{ items: object[] }>('GET', `/v1/chats/${chat.id}/messages`);
    const [event] = await api.client.events(chat.id);
    const answers: [string, object | undefined][] = [
      ['Chat', await api.client.getChat(chat.id)],
      ['Turn', turn],
      ['Turn', queued],
      ['Message', messages.items[0]],
      ['Event', event],
    ];
    const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'document');
    for (const [name, answer] of answers) {
      const schema = { $ref: `document#/components/schemas/${name}`, unevaluatedProperties: false };
      expect({ name, valid: ajv.validate(schema, answer), errors: ajv.errors }).toEqual({
        name,
        valid: true,
        errors: null,
      });
    }
  });
});
