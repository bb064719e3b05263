import type { Event, Memory } from '../../../client/src/index.js';

/** Applies later events to memories that were read, oldest first. Returns them newest first. */
export function applyMemoryEvents(read: readonly Memory[], events: readonly Event[]): Memory[] {
  const memories = new Map(read.map((memory) => [memory.id, memory]));
  const change = (memoryId: string, changes: Partial<Memory>) => {
    const known = memories.get(memoryId);
    if (known) memories.set(memoryId, { ...known, ...changes });
  };
  for (const event of events) {
    if (event.kind === 'memory_written') {
      const { memoryId, text, sceneId, witnesses, chatClock } = event.data;
      // There is one event for each witness of a memory.
      if (memories.has(memoryId)) continue;
      memories.set(memoryId, {
        id: memoryId,
        text,
        sceneId,
        witnesses,
        chatClock,
        significance: null,
        pinned: false,
        at: event.at,
      });
    }
    if (event.kind === 'memory_scored') change(event.data.memoryId, { significance: event.data.significance });
    if (event.kind === 'memory_edited') {
      const { memoryId, ...changes } = event.data;
      change(memoryId, changes);
    }
    if (event.kind === 'memory_removed') memories.delete(event.data.memoryId);
    if (event.kind === 'memory_pinned') change(event.data.memoryId, { pinned: true });
    if (event.kind === 'memory_unpinned') change(event.data.memoryId, { pinned: false });
  }
  return [...memories.values()].reverse();
}
