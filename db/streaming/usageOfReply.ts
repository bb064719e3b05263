import { stepName } from '../../domain/turns/stepName.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { type CallRecord, callsOfEpoch, usageOfCalls } from '../../domain/turns/usage.js';
import type { Tx } from '../core/pool.js';
import type { TurnRow } from '../turns/turnRow.js';
import { markUsed, readModelCalls } from './modelCalls.js';

/**
 * The usage of all calls of a reply, with those of an agent's iterations and sub-agents. `epochs` are the epochs whose
 * text is kept; the calls that wrote them are marked as used, the others count as wasted. Empty: no text is kept.
 */
export async function usageOfReply(
  tx: Tx,
  turn: Pick<TurnRow, 'id' | 'kind'>,
  beat: number,
  epochs: number[],
): Promise<TokenUsage | undefined> {
  const own = (await readModelCalls(tx, turn.id)).filter(({ step }) => belongsToReply(turn, beat, step));
  const writers = epochs.length === 0 ? [] : keptCalls(own, epochs);
  if (writers.some(({ used }) => !used)) await markUsed(tx, turn.id, writers);
  const calls = own.map((call) => ({ ...call, used: call.used || writers.includes(call) }));
  const toolCalls = turn.kind === 'agent' ? await countToolCalls(tx, turn.id) : 0;
  return usageOfCalls(calls, toolCalls) ?? undefined;
}

const belongsToReply = ({ kind }: Pick<TurnRow, 'kind'>, beat: number, step: string): boolean =>
  kind === 'agent' ? /^(reply|tool):/.test(step) : step === stepName.reply(beat);

/**
 * The calls whose text is kept. If no checkpoint names one, that is the newest call. An agent's epoch has the text of
 * several calls.
 */
function keptCalls(calls: CallRecord[], epochs: number[]): CallRecord[] {
  const replies = calls.filter(({ step }) => step.startsWith('reply:'));
  const writers = epochs.flatMap((epoch) => callsOfEpoch(replies, epoch));
  return writers.length > 0 || replies.some(({ used }) => used) ? writers : replies.slice(-1);
}

/** Counts the finished tool calls of a turn, with those of its sub-agents. */
export async function countToolCalls(tx: Tx, turnId: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    "select count(*) as count from tool_calls where turn_id = $1 and status = 'done'",
    [turnId],
  );
  return rows[0]?.count ?? 0;
}
