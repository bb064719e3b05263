import { evolveMemory, type MemoryRow, memoryKinds } from '../../domain/timeline/projectionRows.js';
import { keyed } from './keyed.js';
import { idIsOneOf, rowStore } from './rowStore.js';

export const memories = keyed({
  store: rowStore<MemoryRow>({
    table: 'memories',
    columns: {
      id: ['id', 'text'],
      text: ['text', 'text'],
      sceneId: ['scene_id', 'text'],
      witnesses: ['witnesses', 'jsonb'],
      witnessIds: ['witness_ids', 'jsonb'],
      chatClock: ['chat_clock', 'integer'],
      significance: ['significance', 'integer'],
      pinnedSeq: ['pinned_seq', 'integer'],
      writtenSeq: ['written_seq', 'integer'],
      writtenAt: ['written_at', 'timestamptz'],
    },
    key: ['id'],
    keyOf: ({ id }) => id,
    isOneOf: idIsOneOf,
  }),
  kinds: memoryKinds,
  keyOf: ({ data }) => data.memoryId,
  evolve: evolveMemory,
});
