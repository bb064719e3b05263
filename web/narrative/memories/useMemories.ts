import { type ReadonlySignal, signal, useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Event, Memory } from '../../../client/src/index.js';
import { memoryKinds } from '../../../domain/timeline/projectionRows.js';
import { service } from '../../data/service.js';
import { type ChatQuery, useChatQuery } from '../../data/stream/chatQuery.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { applyMemoryEvents } from './memoryEvents.js';

export type Memories = { query: ChatQuery<Memory[]>; newestFirst: ReadonlySignal<readonly Memory[]> };

/**
 * The memories of a chat. There may be thousands: they are read once, and again only when the timeline was reloaded.
 * In between, events add, change and remove memories.
 */
export function useMemories(chat: OpenChat): Memories {
  const newEvents = useMemo(() => signal<readonly Event[]>([]), []);
  const load = async () => {
    const countBefore = newEvents.peek().length;
    const read = await service.listMemories(chat.id);
    // Events that arrived during the read are applied again: they change nothing that was read with them.
    newEvents.value = newEvents.peek().slice(countBefore);
    return read;
  };
  const query = useChatQuery(chat, load, []);
  useEffect(
    () =>
      chat.onEvent((event) => {
        if (event && kinds.has(event.kind)) newEvents.value = [...newEvents.peek(), event];
      }),
    [chat, newEvents],
  );
  const newestFirst = useComputed(() => applyMemoryEvents(query.value.value ?? [], newEvents.value));
  return { query, newestFirst };
}

const kinds: ReadonlySet<Event['kind']> = new Set<Event['kind']>(memoryKinds);
