import { type AgentPromptInput, DEFAULT_SYSTEM_PROMPT, type PastIteration } from '../../domain/agents/agentPrompt.js';
import type { ReasoningBlock, ServerFields } from '../../domain/agents/chatMessage.js';
import { clientCallIds, iterationsOfSteps, NO_OUTPUT, withOutputs } from '../../domain/agents/clientFunctions.js';
import type { Attachment } from '../../domain/attachments/attachment.js';
import { withTexts } from '../attachments/promptAttachments.js';
import type { Db } from '../core/pool.js';
import { askedOfTurn, type HistoryMessage, readHistoryBefore } from '../timeline/promptHistory.js';
import { readOutputs } from './clientFunctions.js';

/** Most earlier messages that a prompt has. */
const HISTORY_MESSAGES = 200;

type Head = {
  chatId: string;
  userTurnSeq: number;
  systemPrompt: string | null;
  text: string;
  quote: string | null;
  attachments: Attachment[] | null;
};

/** Reads the input of the prompt for an agent's next iteration. Null when the turn was deleted. */
export async function readAgentPrompt(db: Db, turnId: string): Promise<AgentPromptInput | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq",
       coalesce(t.settings, ch.settings)->>'systemPrompt' as "systemPrompt", asked.text, asked.quote, asked.attachments
     from turns t join chats ch on ch.id = t.chat_id cross join ${askedOfTurn} as asked
     where t.id = $1`,
    [turnId],
  );
  const head = rows[0];
  if (!head) return null;
  const [history, iterations] = await Promise.all([
    readHistoryBefore(db, head, HISTORY_MESSAGES).then((lines) => withClientCalls(db, head, lines)),
    readPastIterations(db, { turnId, taskCallId: '' }),
  ]);
  const prose = { attachments: head.attachments ?? [] };
  const lines = await withTexts<Partial<(typeof history)[number]>>(db, turnId, [...history, prose]);
  const quoted = head.quote ? `> ${head.quote.replaceAll('\n', '\n> ')}\n\n` : '';
  return {
    systemPrompt: head.systemPrompt || DEFAULT_SYSTEM_PROMPT,
    history: lines.slice(0, -1) as AgentPromptInput['history'],
    prose: quoted + head.text,
    attachments: lines.at(-1)?.attachments,
    iterations,
  };
}

/** Replaces the text of messages whose calls a client runs by their iterations, with the outputs that it sent. */
async function withClientCalls(db: Db, { chatId, userTurnSeq: to }: Head, lines: readonly HistoryMessage[]) {
  const turnIds = lines.flatMap(({ asked }) => (asked ? [asked.turnId] : []));
  const [rows, outputs] = await Promise.all([
    turnIds.length > 0 ? readIterationRows(db, { turnIds, taskCallId: '' }) : [],
    turnIds.length > 0 ? readOutputs(db, chatId, { from: firstAsked(lines), to }) : new Map<string, string>(),
  ]);
  return lines.map(({ asked, calls = [], ...line }) => {
    if (!asked) {
      const own = calls.map(({ result = NO_OUTPUT, ...call }) => ({ ...call, result }));
      return { ...line, ...(own.length > 0 ? { iterations: [{ text: line.text, calls: own }] } : {}) };
    }
    const stored = rows.filter(({ turnId }) => turnId === asked.turnId).map(toPastIteration);
    // A fork and an import have the events alone.
    const iterations = stored.length > 0 ? stored : iterationsOfSteps(asked.steps);
    return { ...line, iterations: withOutputs(iterations, clientCallIds(asked.steps), outputs) };
  });
}

const firstAsked = (lines: readonly HistoryMessage[]): number =>
  Math.min(...lines.flatMap(({ asked }) => (asked ? [asked.userTurnSeq] : [])));

type CallRow = {
  id: string;
  ownId: string;
  name: string;
  arguments: string;
  result: string;
  serverFields: string | null;
};
type IterationRow = {
  turnId: string;
  text: string;
  thinking: string | null;
  origin: string | null;
  blocks: string | null;
  calls: CallRow[] | null;
};

/**
 * Reads the landed iterations of an agent (`taskCallId` is '') or of a sub-agent, with their calls and results, and with
 * what their server wants back.
 */
export async function readPastIterations(
  db: Db,
  { turnId, taskCallId }: { turnId: string; taskCallId: string },
): Promise<PastIteration[]> {
  return (await readIterationRows(db, { turnIds: [turnId], taskCallId })).map(toPastIteration);
}

/** By turn, and then in the order of the iterations. */
async function readIterationRows(
  db: Db,
  { turnIds, taskCallId }: { turnIds: readonly string[]; taskCallId: string },
): Promise<IterationRow[]> {
  const { rows } = await db.query<IterationRow>(
    `select i.turn_id as "turnId", i.text, i.origin, i.reasoning_blocks as blocks,
       case when i.reasoning_field is not null then i.thinking end as thinking, (
       select jsonb_agg(jsonb_build_object('id', coalesce(c.model_call_id, c.call_id), 'ownId', c.call_id, 'name', c.name,
                                           'arguments', c.arguments, 'result', coalesce(c.result, ''),
                                           'serverFields', c.server_fields) order by c.position)
       from tool_calls c
       where c.turn_id = i.turn_id and c.task_call_id = i.task_call_id and c.iteration = i.iteration) as calls
     from agent_iterations i where i.turn_id = any($1) and i.task_call_id = $2 order by i.turn_id, i.iteration`,
    [turnIds, taskCallId],
  );
  return rows;
}

function toPastIteration({ text, thinking, origin, blocks, calls }: IterationRow): PastIteration {
  const reasoning = { text: thinking ?? '', blocks: blocks ? (JSON.parse(blocks) as ReasoningBlock[]) : [] };
  return {
    text,
    calls: (calls ?? []).map(({ serverFields, ...call }) => ({
      ...call,
      ...(serverFields ? { serverFields: JSON.parse(serverFields) as ServerFields } : {}),
    })),
    ...(reasoning.text || reasoning.blocks.length > 0 ? { reasoning } : {}),
    ...(origin ? { origin } : {}),
  };
}
