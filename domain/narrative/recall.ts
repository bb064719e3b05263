/** A memory as a prompt may hold it. A score and a pin hold for all its witnesses. */
export type Memory = {
  text: string;
  witnesses: string[];
  sceneId: string | null;
  /** The seq of the user turn that it is of. */
  chatClock: number;
  significance: number | null;
  pinned: boolean;
  /** The newer, the higher. */
  writtenSeq: number;
};

/** A scene that has been closed, with the summaries that its witnesses have of it, by their ids. */
export type ClosedScene = { sceneId: string; closedSeq: number; summaries: Record<string, string> };

/** An unscored memory is worth a note: that its score is missing says nothing of it. */
const UNSCORED = 1;

/**
 * What a character remembers before a turn, the most valuable first: pinned memories, then scenes, then by
 * significance and recency. Only what they witnessed. Their summary of a scene replaces its memories.
 */
export function recall(
  speakerId: string,
  known: { memories: readonly Memory[]; closedScenes: readonly ClosedScene[]; beforeSeq: number },
): string[] {
  // a blank summary would have the scene forgotten
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
