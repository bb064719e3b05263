import { describe, expect, test } from '@jest/globals';
import { readAgUiRequest } from '../agUi/agUiRequest.js';
import { readUiRequest } from './uiRequest.js';

const user = (id: string, text: string) => ({ id, role: 'user', parts: [{ type: 'text', text }] });
const answered = {
  id: 'turn_1',
  role: 'assistant',
  parts: [
    {
      type: 'dynamic-tool',
      toolCallId: 'c1',
      state: 'approval-responded',
      approval: { id: 'c1', approved: true, reason: 'Fine.' },
    },
  ],
};
const approvals = [{ callId: 'c1', approved: true, comment: 'Fine.' }];
const submit = (messages: object[], more: object = {}) =>
  readUiRequest({ id: 'c', trigger: 'submit-message', messages, ...more });

describe('the body of a page', () => {
  test('with the id of a reply edits no message, and has the answers to the calls of that reply', () => {
    const asked = submit([user('u1', 'A'), answered, user('u2', 'B')], { messageId: 'turn_1' });
    expect(asked).toMatchObject({ approvals, asks: { what: 'submit', clientMessageId: 'u2', edits: null } });
  });

  test('with the id of a reply that it does not contain edits no message', () => {
    expect(submit([user('u2', 'B')], { messageId: 'turn_1' }).asks).toMatchObject({ edits: null });
  });

  test.each(['u2', 'turn_1:user'])('with the id of a message of the user edits that: %s', (messageId) => {
    expect(submit([user('u1', 'A'), user(messageId, 'B')], { messageId }).asks).toMatchObject({ edits: messageId });
  });

  test('that ends with answers only answers', () => {
    expect(submit([user('u1', 'A'), answered], { messageId: 'turn_1' }).asks).toEqual({ what: 'approve', approvals });
  });

  const fields = (more: object) => submit([user('u1', 'A')], more).newChat();

  test('has the fields of its new chat, without those that are null or of another kind of chat', () => {
    expect(fields({ model: null, title: 'T', systemPrompt: null })).toEqual({
      kind: 'agent',
      title: 'T',
      documentId: null,
      settings: { enabledTools: [] },
    });
    expect(
      fields({ kind: 'narrative', hostId: 'char_1', guestId: null, model: 'x', enabledTools: ['calculate'] }),
    ).toEqual({ kind: 'narrative', title: null, hostId: 'char_1', guestId: null, scene: null, settings: {} });
    expect(fields({ kind: null, enabledTools: ['calculate'] })).toMatchObject({
      kind: 'agent',
      settings: { enabledTools: ['calculate'] },
    });
  });

  test('is refused for the fields of a new chat only where it makes one', () => {
    const asked = submit([user('u1', 'A')], { kind: 'narrative', scene: 7 });
    expect(() => asked.newChat()).toThrow(expect.objectContaining({ code: 'invalid_body' }));
  });
});

test('a run of AG-UI is refused for the fields of a new chat only where it makes one', () => {
  const messages = [{ id: 'm', role: 'user', content: 'Hello' }];
  const run = (forwardedProps: unknown) => readAgUiRequest({ threadId: 't', runId: 'r', messages, forwardedProps });
  expect(run({ kind: 'agent', model: null }).newChat()).toMatchObject({ kind: 'agent' });
  expect(() => run({ temperature: 'hot' }).newChat()).toThrow(expect.objectContaining({ code: 'invalid_body' }));
});
