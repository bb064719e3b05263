import { upcastRelay } from '../relay/relay.js';
import type { ChatEvent } from './events.js';

/** Converts an event that an older release wrote to the current schema. Every read of the log must use it. */
export function upcast(event: ChatEvent): ChatEvent {
  if (event.kind !== 'assistant_turn' || !event.data.relay) return event;
  return { ...event, data: { ...event.data, relay: upcastRelay(event.data.relay) } };
}
