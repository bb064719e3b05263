import type { NewEvent } from '../log/events.js';

/** A memory as a person writes it. `significance`: from 0 to 3; left out: not scored. */
export type WrittenMemory = {
  text: string;
  /** The characters that remember it: each present, and at least one. */
  witnessIds: readonly string[];
  significance?: number | undefined;
  pinned?: boolean | undefined;
};

/**
 * The events of a memory that a person writes. It belongs to no scene, whose summary would replace it, and to no turn:
 * every turn may recall it, also one that is regenerated.
 */
export function newMemory(memoryId: string, { text, witnessIds, significance, pinned }: WrittenMemory): NewEvent[] {
  const witnesses = [...new Set(witnessIds)];
  const data = { memoryId, text, sceneId: null, witnesses, chatClock: 0 };
  return [
    ...witnesses.map((witnessId): NewEvent => ({ kind: 'memory_written', data: { ...data, witnessId } })),
    ...(significance === undefined
      ? []
      : [{ kind: 'memory_scored' as const, data: { memoryId, significance } } satisfies NewEvent]),
    ...(pinned ? [{ kind: 'memory_pinned' as const, data: { memoryId } } satisfies NewEvent] : []),
  ];
}

/** What a person changes of a memory; what is left out stays. */
export type MemoryChange = Partial<Omit<WrittenMemory, 'witnessIds'>>;

type Known = { id: string; text: string; significance: number | null; pinned: boolean };

/** The events of a change, none where the memory is so already. */
export function changeMemory({ id: memoryId, ...memory }: Known, change: MemoryChange): NewEvent[] {
  const text = change.text === memory.text ? undefined : change.text;
  const significance = change.significance === memory.significance ? undefined : change.significance;
  const events: NewEvent[] = [];
  if (text !== undefined || significance !== undefined) {
    const changed = {
      ...(text === undefined ? {} : { text }),
      ...(significance === undefined ? {} : { significance }),
    };
    events.push({ kind: 'memory_edited', data: { memoryId, ...changed } });
  }
  if (change.pinned !== undefined && change.pinned !== memory.pinned) {
    events.push({ kind: change.pinned ? 'memory_pinned' : 'memory_unpinned', data: { memoryId } });
  }
  return events;
}
