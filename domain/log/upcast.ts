import { upcastRelay } from '../relay/relay.js';
import type { ChatEvent } from './events.js';

/** An event as older releases wrote it, in the form that its schema has now. Every reader of the log goes through it. */
export function upcast(event: ChatEvent): ChatEvent {
  if (event.kind !== 'assistant_turn' || !event.data.relay) return event;
  return { ...event, data: { ...event.data, relay: upcastRelay(event.data.relay) } };
}
