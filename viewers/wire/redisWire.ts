import { createListeners } from '../core/listeners.js';
import type { RedisOptions } from './redisClient.js';
import { createRedisLink, redisChannels } from './redisLink.js';
import { createTickBatch, sendBy } from './tickBatch.js';
import { type ItemListener, maxUnsentBytes, type Wire, type WireHub } from './wire.js';
import { decodeItems, decodeStop, encodeStop } from './wireMessage.js';

/** The worker's end over Redis. */
export function createRedisWire(options: RedisOptions): Wire {
  const stops = createListeners<[turnId: string]>((error) =>
    options.log.warn({ err: error }, 'a listener for stops failed'),
  );
  const onMessage = (message: string) => {
    const turnId = decodeStop(message);
    if (turnId !== null) stops.notify(turnId);
  };
  const link = createRedisLink(options, { channel: redisChannels.stops, onMessage }, { maxUnsentBytes });
  const batch = createTickBatch((message) => link.publish(redisChannels.tokens, message));
  return {
    ...sendBy(batch),
    onStop: stops.add,
    close() {
      batch.flush();
      return link.close();
    },
  };
}

/** The gateway's end over Redis: each of several gateways gets the items of all workers. */
export function createRedisHub(options: RedisOptions): WireHub {
  const items = createListeners<Parameters<ItemListener>>((error) =>
    options.log.warn({ err: error }, 'a listener of the wire failed'),
  );
  const onMessage = (message: string) => {
    const decoded = decodeItems(message);
    for (const item of decoded.items) items.notify(item, decoded.readAt);
  };
  const link = createRedisLink(options, { channel: redisChannels.tokens, onMessage }, { maxUnsentBytes });
  return {
    onItem: items.add,
    stop: (turnId) => link.publish(redisChannels.stops, encodeStop(turnId)),
    connectedWorkers: () => link.subscribers(redisChannels.stops),
    close: link.close,
  };
}
