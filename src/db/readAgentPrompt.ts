import { type AgentPromptInput, DEFAULT_SYSTEM_PROMPT, type PastIteration } from '../domain/agentPrompt.js';
import type { Db } from './pool.js';

/** Earlier messages that a prompt looks back on, at most. */
const HISTORY_MESSAGES = 200;

type Head = {
  chatId: string;
  userTurnSeq: number;
  systemPrompt: string | null;
  text: string | null;
  quote: string | null;
};

/** What an agent's next iteration is made from. Null when the turn is no more. */
export async function readAgentPrompt(db: Db, turnId: string): Promise<AgentPromptInput | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", ch.settings->>'systemPrompt' as "systemPrompt",
       coalesce(t.edit_text, e.data->>'text') as text, e.data->>'quote' as quote
     from turns t
     join chats ch on ch.id = t.chat_id
     left join lateral (
       select data from events where chat_id = t.chat_id and turn_id = t.prose_id
         and kind in ('user_turn', 'user_turn_edit') order by seq limit 1
     ) e on true
     where t.id = $1`,
    [turnId],
  );
  const head = rows[0];
  if (!head) return null;
  const [history, iterations] = await Promise.all([
    readHistory(db, head),
    readPastIterations(db, { turnId, taskCallId: '' }),
  ]);
  const quoted = head.quote ? `> ${head.quote.replaceAll('\n', '\n> ')}\n\n` : '';
  return {
    systemPrompt: head.systemPrompt || DEFAULT_SYSTEM_PROMPT,
    history,
    prose: quoted + (head.text ?? ''),
    iterations,
  };
}

async function readHistory(db: Db, { chatId, userTurnSeq }: Head): Promise<AgentPromptInput['history']> {
  const { rows } = await db.query<AgentPromptInput['history'][number]>(
    `select case when e.kind = 'assistant_turn' then 'assistant' else 'user' end as role, e.data->>'text' as text
     from events e join turns t on t.id = e.turn_id
     where e.chat_id = $1 and e.kind in ('user_turn', 'user_turn_edit', 'assistant_turn')
       and e.hidden_by is null and e.superseded_by is null and t.user_turn_seq < $2 and e.data->>'text' <> ''
     order by t.user_turn_seq desc, e.seq desc limit $3`,
    [chatId, userTurnSeq, HISTORY_MESSAGES],
  );
  return rows.reverse();
}

/** The iterations that have landed, of a turn or of one of its sub-agents, with their calls and what came of them. */
export async function readPastIterations(
  db: Db,
  { turnId, taskCallId }: { turnId: string; taskCallId: string },
): Promise<PastIteration[]> {
  const { rows } = await db.query<{ text: string; calls: PastIteration['calls'] | null }>(
    `select i.text, (
       select jsonb_agg(jsonb_build_object('id', c.call_id, 'name', c.name, 'arguments', c.arguments,
                                           'result', coalesce(c.result, '')) order by c.position)
       from tool_calls c
       where c.turn_id = i.turn_id and c.task_call_id = i.task_call_id and c.iteration = i.iteration) as calls
     from agent_iterations i where i.turn_id = $1 and i.task_call_id = $2 order by i.iteration`,
    [turnId, taskCallId],
  );
  return rows.map(({ text, calls }) => ({ text, calls: calls ?? [] }));
}
