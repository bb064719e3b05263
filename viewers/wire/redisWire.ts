import { createListeners } from '../core/listeners.js';
import { createOutbox } from './outbox.js';
import { createRedisLink, type RedisLinkOptions, redisChannels } from './redisLink.js';
import {
  maxUnsentBytes,
  type Wire,
  type WireHeartbeat,
  type WireHub,
  type WireMeta,
  type WireStep,
  type WireToken,
} from './wire.js';
import { decodeItems, decodeStop, encodeStop } from './wireMessage.js';

/** The worker's end over Redis. */
export function createRedisWire(options: RedisLinkOptions): Wire {
  const stops = createListeners<string>((error) => options.log.warn({ err: error }, 'a listener for stops failed'));
  const hear = (message: string) => {
    const turnId = decodeStop(message);
    if (turnId !== null) stops.tell(turnId);
  };
  const link = createRedisLink(options, { channel: redisChannels.stops, heard: hear }, { maxUnsentBytes });
  const outbox = createOutbox((message) => link.publish(redisChannels.tokens, message));
  return {
    publish: (token) => outbox.push({ type: 'token', ...token }),
    step: (step) => outbox.push({ type: 'step', ...step }),
    meta: (meta) => outbox.push({ type: 'meta', ...meta }),
    heartbeat: (heartbeat) => outbox.push({ type: 'heartbeat', ...heartbeat }),
    onStop: stops.add,
    close() {
      outbox.flush();
      return link.close();
    },
  };
}

/** The gateway's end over Redis: each of several gateways hears all workers. */
export function createRedisHub(options: RedisLinkOptions): WireHub {
  const failed = (error: unknown) => options.log.warn({ err: error }, 'a listener of the wire failed');
  const tokens = createListeners<WireToken, [readAt: number | null]>(failed);
  const steps = createListeners<WireStep>(failed);
  const metas = createListeners<WireMeta>(failed);
  const heartbeats = createListeners<WireHeartbeat>(failed);
  const hear = (message: string) => {
    const { items, readAt } = decodeItems(message);
    for (const item of items) {
      if (item.type === 'token') tokens.tell(item, readAt);
      else if (item.type === 'step') steps.tell(item);
      else if (item.type === 'meta') metas.tell(item);
      else heartbeats.tell(item);
    }
  };
  const link = createRedisLink(options, { channel: redisChannels.tokens, heard: hear }, { maxUnsentBytes });
  return {
    onToken: tokens.add,
    onStep: steps.add,
    onMeta: metas.add,
    onHeartbeat: heartbeats.add,
    stop: (turnId) => link.publish(redisChannels.stops, encodeStop(turnId)),
    connectedWorkers: () => link.listeners(redisChannels.stops),
    close: link.close,
  };
}
