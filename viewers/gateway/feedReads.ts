import type { Db } from '../../db/core/pool.js';
import {
  type ChatHead,
  type DraftMore,
  type DraftState,
  type DraftWant,
  readChatHeads,
  readCheckpoints,
  readDraftsInFlight,
  readDraftsJustOver,
  readFeedEvents,
} from '../../db/timeline/feed.js';
import { readTurnStatus } from '../../db/turns/turnView.js';
import type { ViewerFrame } from '../../domain/log/frames.js';
import type { FeedEvent } from './landingFrames.js';

export type TurnStatusReport = Omit<Extract<ViewerFrame, { type: 'status' }>, 'type'>;

/** What feeds read from Postgres: a port, so that a feed can be tested in memory. */
export type FeedReads = {
  heads(chatIds: string[]): Promise<ChatHead[]>;
  events(chatId: string, range: { after: number; upTo: number; limit: number }): Promise<FeedEvent[]>;
  draftsInFlight(chatIds: string[]): Promise<DraftState[]>;
  draftsJustOver(chatId: string, seq: number): Promise<DraftState[]>;
  checkpoints(wants: DraftWant[]): Promise<DraftMore[]>;
  status(turnId: string): Promise<TurnStatusReport | null>;
};

export function createFeedReads(db: Db): FeedReads {
  return {
    heads: (chatIds) => readChatHeads(db, chatIds),
    events: (chatId, range) => readFeedEvents(db, chatId, range),
    draftsInFlight: (chatIds) => readDraftsInFlight(db, chatIds),
    draftsJustOver: (chatId, seq) => readDraftsJustOver(db, chatId, seq),
    checkpoints: (wants) => (wants.length === 0 ? Promise.resolve([]) : readCheckpoints(db, wants)),
    status: (turnId) => readTurnStatus(db, turnId),
  };
}
