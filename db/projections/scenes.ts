import { evolveScene, type SceneRow } from '../../domain/timeline/projectionRows.js';
import { keyed } from './keyed.js';
import { idIsOneOf, rowStore } from './rowStore.js';

export const scenes = keyed({
  store: rowStore<SceneRow>({
    table: 'scenes',
    columns: {
      id: ['id', 'text'],
      container: ['container', 'text'],
      openedSeq: ['opened_seq', 'integer'],
      openedAt: ['opened_at', 'timestamptz'],
      closedSeq: ['closed_seq', 'integer'],
      endedAt: ['ended_at', 'timestamptz'],
      summaries: ['summaries', 'jsonb'],
    },
    key: ['id'],
    keyOf: ({ id }) => id,
    isOneOf: idIsOneOf,
  }),
  kinds: ['scene_opened', 'scene_closed', 'scene_summary'],
  keyOf: ({ data }) => data.sceneId,
  evolve: evolveScene,
});
