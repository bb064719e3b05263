import type { ProposedChange } from '../../domain/documents/blockParser.js';
import { parseChangeBlocks } from '../../domain/documents/changeBlocks.js';
import type { ChatEvent } from '../../domain/log/events.js';
import { type ChangeRow, type Projected, type SettleKind, settleChange } from '../../domain/timeline/projectionRows.js';
import type { Db, Tx } from '../core/pool.js';
import { readEventsAt, readEventsOf } from '../timeline/eventsOfSubjects.js';
import type { Moved, Projection } from './handler.js';
import { batchesOf, replace } from './keyed.js';
import { idIsOneOf, rowStore } from './rowStore.js';

const store = rowStore<ChangeRow>({
  table: 'changes',
  columns: {
    id: ['id', 'text'],
    documentId: ['document_id', 'text'],
    state: ['state', 'text'],
    original: ['original', 'text'],
    proposed: ['proposed', 'text'],
    reason: ['reason', 'text'],
    staleSince: ['stale_since', 'timestamptz'],
    messageSeq: ['message_seq', 'integer'],
    proposedSeq: ['proposed_seq', 'integer'],
    position: ['position', 'integer'],
  },
  key: ['id'],
  keyOf: ({ id }) => id,
  isOneOf: idIsOneOf,
});

/**
 * The changes that an event of the same log proposes: the change blocks of a reply, or the arguments of a tool call.
 */
async function readProposed(db: Db, chatId: string, { data: proposal }: Proposal): Promise<ProposedChange[]> {
  const { rows } = await db.query<{ kind: string; data: { text?: string; arguments?: unknown } }>(
    'select kind, data from events where chat_id = $1 and seq = $2',
    [chatId, proposal.messageSeq],
  );
  const event = rows[0];
  if (event?.kind === 'assistant_turn')
    return parseChangeBlocks(event.data.text ?? '', proposal, proposal.changeIds.length);
  if (event?.kind !== 'tool_call_start' && event?.kind !== 'subagent_tool_call_start') return [];
  const { original, proposed, reason } = (event.data.arguments ?? {}) as Partial<ProposedChange>;
  return [{ original: String(original), proposed: String(proposed), reason: String(reason) }];
}

async function readDocumentId(db: Db, chatId: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string | null }>('select document_id as id from chats where id = $1', [chatId]);
  return rows[0]?.id ?? null;
}

type Proposal = Projected<'changes_proposed'>;
const isProposal = (event: { kind: string }) => event.kind === 'changes_proposed';

async function readRowsOf(db: Db, chatId: string, proposal: Proposal): Promise<ChangeRow[]> {
  const { messageSeq, changeIds } = proposal.data;
  const documentId = changeIds.length > 0 ? await readDocumentId(db, chatId) : null;
  if (documentId === null) return [];
  const proposed = await readProposed(db, chatId, proposal);
  return proposed.slice(0, changeIds.length).map((change, i) => ({
    ...change,
    id: changeIds[i]!,
    documentId,
    state: 'pending',
    staleSince: null,
    messageSeq,
    proposedSeq: proposal.seq,
    position: i + 1,
  }));
}

function settle(rows: Map<string, ChangeRow>, events: ChatEvent[]): void {
  for (const event of events as unknown as Projected<SettleKind>[]) {
    const row = settleChange(rows.get(event.data.changeId) ?? null, event);
    if (row) rows.set(row.id, row);
  }
}

const settleKinds = ['change_accepted', 'change_declined', 'change_stale'] as const satisfies SettleKind[];

async function projectSettled(tx: Tx, chatId: string, events: ChatEvent[]): Promise<void> {
  const ids = (events as unknown as Projected<SettleKind>[]).map(({ data }) => data.changeId);
  const rows = await store.read(tx, chatId, [...new Set(ids)]);
  settle(rows, events);
  await store.write(tx, chatId, [...rows.values()]);
}

/** Rows of changes whose proposals moved are made again; the others keep what was proposed. */
async function refold(tx: Tx, chatId: string, moved: Moved[]): Promise<void> {
  const proposals = moved.filter(isProposal);
  if (proposals.length > 0) {
    const seqs = proposals.map(({ seq }) => seq);
    await tx.query('delete from changes where chat_id = $1 and proposed_seq = any($2::integer[])', [chatId, seqs]);
    const returned = new Set(proposals.flatMap(({ seq, isIn }) => (isIn ? [seq] : [])));
    for (const seq of returned) await proposeAgain(tx, chatId, seq);
  }
  for await (const ids of batchesOf(moved.flatMap(({ subject }) => subject ?? []))) await settleAgain(tx, chatId, ids);
}

async function proposeAgain(tx: Tx, chatId: string, seq: number): Promise<void> {
  const [proposal] = await readEventsAt(tx, chatId, [seq]);
  if (proposal?.kind !== 'changes_proposed') return;
  const rows = await readRowsOf(tx, chatId, proposal);
  await store.write(tx, chatId, rows);
  await settleAgain(tx, chatId, proposal.data.changeIds);
}

async function settleAgain(tx: Tx, chatId: string, ids: string[]): Promise<void> {
  const rows = await store.read(tx, chatId, ids);
  const pending = [...rows].map(([id, row]) => [id, { ...row, state: 'pending' as const, staleSince: null }] as const);
  const folded = new Map<string, ChangeRow>(pending);
  settle(folded, await readEventsOf(tx, chatId, { subjects: ids, kinds: settleKinds }));
  await replace(tx, chatId, store, ids, folded);
}

/** Changes of a document, which a reply or a tool call proposes and a person settles. */
export const changes: Projection = {
  async project(tx, chatId, events) {
    for (const event of events) {
      if (event.kind === 'changes_proposed') await store.write(tx, chatId, await readRowsOf(tx, chatId, event));
      else await projectSettled(tx, chatId, [event]);
    }
  },
  refold,
};
