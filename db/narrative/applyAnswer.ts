import type { ChatState } from '../../domain/classifiers/classifier.js';
import type { NewEvent } from '../../domain/log/events.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { type Pool, transaction } from '../core/pool.js';
import { settleCall } from '../streaming/modelCalls.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents } from '../timeline/log.js';
import { settleStep } from '../turns/steps.js';
import { readChatState } from './turnContext.js';

export type Applied<V> = { applied: true; verdict: V } | { applied: false };

/**
 * Appends the events of a step with their projections, and settles the step, in one transaction. `decide` gets the
 * chat's state, which is read under the chat's lock. Happens once: a step that is done keeps its first verdict. `call`
 * is the model call that gave the answer.
 */
export function applyStep<V>(
  pool: Pool,
  key: { turnId: string; name: string },
  decide: (state: ChatState) => { events: NewEvent[]; verdict: V },
  call?: { attempt: number; usage: TokenUsage },
): Promise<Applied<V>> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    if (!turn) return { applied: false };
    const [before, state] = await Promise.all([
      tx.query<{ verdict: V }>("select verdict from turn_steps where turn_id = $1 and name = $2 and status = 'done'", [
        key.turnId,
        key.name,
      ]),
      readChatState(tx, turn.chatId),
    ]);
    const settle = async (used: boolean) => {
      if (call) await settleCall(tx, { turnId: key.turnId, step: key.name, attempt: call.attempt }, { ...call, used });
    };
    if (before.rows[0]) {
      await settle(false);
      return { applied: true, verdict: before.rows[0].verdict };
    }
    const { events, verdict } = decide(state);
    const cause = { chatId: turn.chatId, turnId: turn.id, step: key.name };
    // Sent together, because each round trip is time for which the chat is locked. The append comes last: if another
    // statement fails it fails too, so that none of its projections is sent after the rollback.
    await Promise.all([
      settle(true),
      settleStep(tx, turn, key.name, 'done', verdict ?? {}),
      events.length > 0 && appendEvents(tx, cause, events),
    ]);
    return { applied: true, verdict };
  });
}
