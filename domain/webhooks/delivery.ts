import type { ChatEvent } from '../log/events.js';

/** The event that a webhook gets. */
export type DeliveryKey = { webhookId: string; chatId: string; seq: number };

/** The stable id of a delivery: of its workflow, of its `X-Webhook-Id`, and of its body. */
export const deliveryId = ({ webhookId, chatId, seq }: DeliveryKey): string => `${webhookId}/${chatId}/${seq}`;

/** For how long a delivery is retried, in milliseconds. */
export const RETRIED_FOR_MS = 24 * 60 * 60_000;

/** The pause after so many attempts that the receiver failed, in milliseconds: doubles from a second to an hour. */
export const retryDelayMs = (failures: number): number => Math.min(1_000 * 2 ** (failures - 1), 3_600_000);

/** The largest body of a delivery, in bytes. A larger one comes without the event's data. */
export const MAX_BODY_BYTES = 512 * 1024;

/** What a webhook is sent. `note` is present when the data were left out. */
export type DeliveryBody = {
  id: string;
  webhookId: string;
  kind: ChatEvent['kind'];
  chatId: string;
  event: Omit<ChatEvent, 'data'> & { data: object };
  note?: string;
};

/** The JSON of a delivery's body, at most `MAX_BODY_BYTES` long. `bytesOf` gives the length of a text in UTF-8. */
export function deliveryBody(key: DeliveryKey, event: ChatEvent, bytesOf: (text: string) => number): string {
  const body: DeliveryBody = {
    id: deliveryId(key),
    webhookId: key.webhookId,
    kind: event.kind,
    chatId: key.chatId,
    event,
  };
  const json = JSON.stringify(body);
  if (bytesOf(json) <= MAX_BODY_BYTES) return json;
  const path = `/v1/chats/${key.chatId}/events?after=${key.seq - 1}&limit=1&include=hidden`;
  const note = `data is left out: the body would have more than ${MAX_BODY_BYTES} bytes. GET ${path} has the event.`;
  return JSON.stringify({ ...body, event: { ...event, data: {} }, note });
}
