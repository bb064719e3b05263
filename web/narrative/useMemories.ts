import { type ReadonlySignal, signal, useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Event, Memory } from '../../client/src/index.js';
import { list } from '../data/api.js';
import { type ChatQuery, useChatQuery } from '../data/chatQuery.js';
import type { OpenChat } from '../data/openChat.js';
import { applyMemoryEvents } from './memoryEvents.js';

export type Memories = { followed: ChatQuery<Memory[]>; newestFirst: ReadonlySignal<readonly Memory[]> };

/**
 * A chat's memories. There may be thousands: they are read once, and again only when the timeline changes. What is
 * written, weighed and pinned after that is known from the events.
 */
export function useMemories(chat: OpenChat): Memories {
  const heard = useMemo(() => signal<readonly Event[]>([]), []);
  const load = async () => {
    const before = heard.peek().length;
    const read = await list<Memory>(`/v1/chats/${chat.id}/memories`);
    // What came meanwhile may be in what was read or not: it is told once more, and changes nothing if it is.
    heard.value = heard.peek().slice(before);
    return read;
  };
  const followed = useChatQuery(chat, load, []);
  useEffect(
    () =>
      chat.onEvent((event) => {
        if (event && kinds.has(event.kind)) heard.value = [...heard.peek(), event];
      }),
    [chat, heard],
  );
  const newestFirst = useComputed(() => applyMemoryEvents(followed.value.value ?? [], heard.value));
  return { followed, newestFirst };
}

const kinds: ReadonlySet<Event['kind']> = new Set<Event['kind']>([
  'memory_written',
  'memory_scored',
  'memory_pinned',
  'memory_unpinned',
]);
