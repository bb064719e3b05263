import { describe, expect, test } from '@jest/globals';
import type { ChatEvent } from '../log/events.js';
import { deliveryBody, MAX_BODY_BYTES, retryDelayMs } from './delivery.js';

const key = { webhookId: 'whk_1', chatId: 'chat_1', seq: 7 };

const said = (text: string): ChatEvent => ({
  seq: 7,
  kind: 'system_message',
  turnId: null,
  at: '2026-01-01T00:00:00.000Z',
  data: { text },
  supersededBy: null,
  hiddenBy: null,
});

const bodyOf = (text: string) => deliveryBody(key, said(text), Buffer.byteLength);

describe('the body of a delivery to a webhook', () => {
  test('holds the event as the log has it, its kind, its chat and the id of the delivery', () => {
    expect(JSON.parse(bodyOf('Hello.'))).toEqual({
      id: 'whk_1/chat_1/7',
      webhookId: 'whk_1',
      kind: 'system_message',
      chatId: 'chat_1',
      event: said('Hello.'),
    });
  });

  test('comes without data, and with a note that says where they are, when it would be too large', () => {
    const body = bodyOf('é'.repeat(MAX_BODY_BYTES / 2));
    expect(Buffer.byteLength(body)).toBeLessThan(2_000);
    expect(JSON.parse(body)).toMatchObject({
      event: { seq: 7, data: {} },
      note: expect.stringContaining('/v1/chats/chat_1/events?after=6'),
    });
  });

  test('may be as large as the limit', () => {
    const room = MAX_BODY_BYTES - Buffer.byteLength(bodyOf(''));
    expect(Buffer.byteLength(bodyOf('x'.repeat(room)))).toBe(MAX_BODY_BYTES);
    expect(JSON.parse(bodyOf('x'.repeat(room)))).not.toHaveProperty('note');
  });
});

test('the pause after a failed delivery doubles from a second to an hour', () => {
  const pauses = [1, 2, 3, 12, 13, 5_000].map(retryDelayMs);
  expect(pauses).toEqual([1_000, 2_000, 4_000, 2_048_000, 3_600_000, 3_600_000]);
});
