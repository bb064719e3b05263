import { type AgentPromptInput, DEFAULT_SYSTEM_PROMPT, type PastIteration } from '../../domain/agents/agentPrompt.js';
import type { Db } from '../core/pool.js';
import { askedOfTurn, readHistoryBefore } from '../timeline/promptHistory.js';

/** Most earlier messages that a prompt has. */
const HISTORY_MESSAGES = 200;

type Head = {
  chatId: string;
  userTurnSeq: number;
  systemPrompt: string | null;
  text: string;
  quote: string | null;
};

/** Reads the input of the prompt for an agent's next iteration. Null when the turn was deleted. */
export async function readAgentPrompt(db: Db, turnId: string): Promise<AgentPromptInput | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", ch.settings->>'systemPrompt' as "systemPrompt",
       asked.text, asked.quote
     from turns t join chats ch on ch.id = t.chat_id cross join ${askedOfTurn} as asked
     where t.id = $1`,
    [turnId],
  );
  const head = rows[0];
  if (!head) return null;
  const [history, iterations] = await Promise.all([
    readHistoryBefore(db, head, HISTORY_MESSAGES),
    readPastIterations(db, { turnId, taskCallId: '' }),
  ]);
  const quoted = head.quote ? `> ${head.quote.replaceAll('\n', '\n> ')}\n\n` : '';
  return {
    systemPrompt: head.systemPrompt || DEFAULT_SYSTEM_PROMPT,
    history,
    prose: quoted + head.text,
    iterations,
  };
}

/** Reads the landed iterations of an agent (`taskCallId` is '') or of a sub-agent, with their calls and results. */
export async function readPastIterations(
  db: Db,
  { turnId, taskCallId }: { turnId: string; taskCallId: string },
): Promise<PastIteration[]> {
  const { rows } = await db.query<{ text: string; calls: PastIteration['calls'] | null }>(
    `select i.text, (
       select jsonb_agg(jsonb_build_object('id', coalesce(c.model_call_id, c.call_id), 'name', c.name, 'arguments', c.arguments,
                                           'result', coalesce(c.result, '')) order by c.position)
       from tool_calls c
       where c.turn_id = i.turn_id and c.task_call_id = i.task_call_id and c.iteration = i.iteration) as calls
     from agent_iterations i where i.turn_id = $1 and i.task_call_id = $2 order by i.iteration`,
    [turnId, taskCallId],
  );
  return rows.map(({ text, calls }) => ({ text, calls: calls ?? [] }));
}
