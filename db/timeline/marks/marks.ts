import type { ChatEvent } from '../../../domain/log/events.js';
import type { MarkKind } from '../../../domain/timeline/marks.js';
import { keepOneHolder } from '../../agents/strategyHolder.js';
import { type Tx, withoutCompiling } from '../../core/pool.js';
import type { Moved } from '../../projections/handler.js';
import { refold } from '../../projections/index.js';
import { hideAfter, hideTurn, unhide } from './hide.js';
import { chooseVersion, leaveUnchosen } from './versionMarks.js';

/** An event that may change marks: a mark, or the end of a turn whose reply never landed. */
export type Marking = Extract<ChatEvent, { kind: MarkKind | 'turn_completed' }>;

/**
 * Stores what an event that was just appended changes of the marks of others, and brings the projections up to date.
 * Reads and writes only events that enter or leave the timeline, and rows that these changed. The marks are those that
 * `foldMarks` computes from the whole log. Runs in the transaction of the append; the caller holds the chat's lock.
 */
export async function applyMark(tx: Tx, chatId: string, event: Marking): Promise<void> {
  await withoutCompiling(tx);
  const moved = await store(tx, chatId, event);
  const upTo = event.kind === 'chat_rewound' ? event.data.toSeq : undefined;
  if (moved.length > 0) await keepOneHolder(tx, chatId, () => refold(tx, chatId, moved, upTo));
}

function store(tx: Tx, chatId: string, { seq, turnId, ...event }: Marking): Promise<Moved[]> {
  switch (event.kind) {
    case 'turn_superseded':
      return chooseVersion(tx, chatId, { seq, chosenId: event.data.by });
    case 'version_activated':
      return chooseVersion(tx, chatId, { seq, chosenId: event.data.turnId });
    case 'turn_completed':
      return leaveUnchosen(tx, chatId, { seq, turnId });
    case 'turn_rolled_back':
      return hideTurn(tx, chatId, { seq, turnId: event.data.turnId });
    case 'chat_rewound':
      return hideAfter(tx, chatId, { seq, toSeq: event.data.toSeq });
    case 'rewind_undone':
      return unhide(tx, chatId, event.data.rewindSeq);
  }
}
