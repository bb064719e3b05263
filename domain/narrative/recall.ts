/** A memory that a prompt may contain. Its score and its pin apply to all its witnesses. */
export type Memory = {
  text: string;
  witnesses: string[];
  sceneId: string | null;
  /** The seq of the user turn of its beat; 0 where a person wrote it. */
  chatClock: number;
  significance: number | null;
  pinned: boolean;
  /** The seq at which it was written; higher is newer. */
  writtenSeq: number;
};

/** A closed scene with its summaries, by the id of the witness. */
export type ClosedScene = { sceneId: string; closedSeq: number; summaries: Record<string, string> };

/** The significance of a memory that is not scored yet: "worth a note", not forgettable. */
const UNSCORED = 1;

/**
 * The memories of a character before a turn, the most valuable first: pinned memories, then summaries of scenes, then
 * by significance and recency. Only what the character witnessed. The summary of a scene replaces its memories.
 */
export function recall(
  speakerId: string,
  known: { memories: readonly Memory[]; closedScenes: readonly ClosedScene[]; beforeSeq: number },
): string[] {
  // A blank summary must not replace the memories of its scene.
  const scenes = known.closedScenes.filter(({ summaries }) => ownSummary(summaries, speakerId) !== '');
  const summarized = new Set<string | null>(scenes.map(({ sceneId }) => sceneId));
  const memories = known.memories
    .filter(({ witnesses, chatClock }) => witnesses.includes(speakerId) && chatClock < known.beforeSeq)
    .filter(({ sceneId, text }) => !summarized.has(sceneId) && text !== '')
    .toSorted((a, b) => worth(b) - worth(a) || b.writtenSeq - a.writtenSeq);
  return [
    ...memories.filter(({ pinned }) => pinned).map(({ text }) => text),
    ...scenes.toSorted((a, b) => b.closedSeq - a.closedSeq).map(({ summaries }) => ownSummary(summaries, speakerId)),
    ...memories.filter(({ pinned }) => !pinned).map(({ text }) => text),
  ];
}

function ownSummary(summaries: Record<string, string>, id: string): string {
  return Object.hasOwn(summaries, id) ? summaries[id]!.trim() : '';
}

const worth = ({ significance }: Memory) => significance ?? UNSCORED;
