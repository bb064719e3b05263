import { newId } from '../../db/core/ids.js';
import type { Pool } from '../../db/core/pool.js';
import { applyStep } from '../../db/narrative/applyAnswer.js';
import { readTurnContext } from '../../db/narrative/turnContext.js';
import type { NewEvent } from '../../domain/log/events.js';
import { memoryText } from '../../domain/narrative/memory.js';
import { stepName } from '../../domain/turns/stepName.js';

export type WriteMemoryInput = { turnId: string; beat: number; sceneId: string | null };

/** Writes the memory of a beat for each witness. Its text is made from the prose, without a model. */
export function createWriteMemory(deps: { pool: Pool }) {
  return async ({ turnId, beat, sceneId }: WriteMemoryInput): Promise<void> => {
    const context = await readTurnContext(deps.pool, turnId, sceneId);
    const said = context?.beats.find((candidate) => candidate.beat === beat);
    if (!context || !said) return;
    const witnesses = [context.host.id, ...(context.guest ? [context.guest.id] : [])];
    const memory = {
      memoryId: newId('mem'),
      text: memoryText(context, said),
      sceneId,
      witnesses,
      chatClock: context.userTurnSeq,
    };
    const events = witnesses.map((witnessId): NewEvent => ({ kind: 'memory_written', data: { ...memory, witnessId } }));
    await applyStep(deps.pool, { turnId, name: stepName.memory(beat) }, () => ({ events, verdict: {} }));
  };
}
