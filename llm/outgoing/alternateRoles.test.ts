import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import { breachOfRoles } from '../../test/support/provider/strict/strictRoles.js';
import { alternateRoles } from './alternateRoles.js';
import { toChatMessages } from './chatMessages.js';
import { toSendable } from './toSendable.js';

const system = (content: string): ChatMessage => ({ role: 'system', content });
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const asking = (content: string, ...ids: string[]) => ({
  role: 'assistant' as const,
  content,
  toolCalls: ids.map((id) => ({ id, name: 'look', arguments: '{}' })),
});
const result = (toolCallId: string, content: string): ChatMessage => ({ role: 'tool', toolCallId, content });

describe('messages with alternating roles', () => {
  test('are unchanged where the roles alternate already', () => {
    const messages = [system('Be Mira.'), user('Hello.'), assistant('Good evening.'), user('Is it open?')];
    expect(alternateRoles(messages)).toEqual(messages);
  });

  test('join neighbours of one role by a blank line, with the names in them', () => {
    expect(
      alternateRoles([user('Robin: Hello.'), user('Mira: Yes?'), assistant('I bar it.'), user('Robin: Oh.')]),
    ).toEqual([user('Robin: Hello.\n\nMira: Yes?'), assistant('I bar it.'), user('Robin: Oh.')]);
    expect(alternateRoles([user('a'), assistant('b'), assistant('c'), user('d')])[1]).toEqual(assistant('b\n\nc'));
  });

  test('begin with one system message, and later ones become part of user messages', () => {
    const messages = [
      system('Be Mira.'),
      system('In the lamp room.'),
      user('Hello.'),
      assistant('Hm.'),
      system('Go on.'),
    ];
    expect(alternateRoles(messages)).toEqual([
      system('Be Mira.\n\nIn the lamp room.'),
      user('Hello.'),
      assistant('Hm.'),
      user('Go on.'),
    ]);
    expect(alternateRoles([user('Hello.'), system('Be brief.')])).toEqual([user('Hello.\n\nBe brief.')]);
  });

  test('have a user message before a first one of the assistant and after a last one', () => {
    expect(alternateRoles([system('Be Mira.'), assistant('Tea or rum?')])).toEqual([
      system('Be Mira.'),
      user('(The conversation begins.)'),
      assistant('Tea or rum?'),
      user('(Continue.)'),
    ]);
  });

  test('keep calls with their results, and have an answer between a result and a user message', () => {
    const messages = [user('Look.'), assistant('So.'), asking('', 'a'), result('a', '1'), user('And?')];
    expect(alternateRoles(messages)).toEqual([
      user('Look.'),
      asking('So.', 'a'),
      result('a', '1'),
      assistant('(There was no answer.)'),
      user('And?'),
    ]);
  });

  test('keep the reasoning of a message that is joined with another one', () => {
    const reasoning = { text: 'Hm.', blocks: [{ api: 'chat' as const, block: { id: 'r' } }] };
    const joined = alternateRoles([
      user('Look.'),
      assistant('So.'),
      { ...asking('', 'a'), reasoning },
      result('a', '1'),
    ]);
    expect(joined[1]).toEqual({ ...asking('So.', 'a'), reasoning });
  });

  test('have no system message where the server has no such role', () => {
    expect(alternateRoles([system('Be Mira.'), user('Hello.')], { systemRole: false })).toEqual([
      user('Be Mira.\n\nHello.'),
    ]);
    expect(toSendable([system('Be Mira.'), assistant('Hm.')], { systemRole: false })).toEqual([
      user('Be Mira.'),
      assistant('Hm.'),
      user('(Continue.)'),
    ]);
  });

  test('leave out messages without text', () => {
    expect(alternateRoles([system(''), user('a'), assistant(' \n'), user('b')])).toEqual([user('a\n\nb')]);
    expect(alternateRoles([])).toEqual([user('(The conversation begins.)')]);
  });
});

describe('any history', () => {
  const text = fc.string({ maxLength: 12 });
  const id = fc.constantFrom('', 'a', 'b', 'c');
  const call = fc.record({ id, name: fc.string({ maxLength: 70 }), arguments: fc.oneof(fc.json(), text) });
  const message: fc.Arbitrary<ChatMessage> = fc.oneof(
    fc.record({ role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const), content: text }),
    fc.record({
      role: fc.constant('assistant' as const),
      content: text,
      toolCalls: fc.array(call, { maxLength: 3 }),
    }),
    fc.record({ role: fc.constant('tool' as const), toolCallId: id, content: text }),
  );

  test.each([true, false])('is valid for strict templates and keeps all text (systemRole: %s)', (systemRole) => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const sent = toChatMessages(messages, { rules: { alternateRoles: true, systemRole } });
        expect(breachOfRoles(sent as object[])).toBeNull();
        if (!systemRole) expect(sent.map(({ role }) => role)).not.toContain('system');
        const contents = sent.map(({ content }) => content ?? '').join('\n');
        for (const { content } of messages) if (content.trim() !== '') expect(contents).toContain(content);
      }),
    );
  });
});
