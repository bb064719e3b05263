import { decideSettings } from '../../domain/agents/settings.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import { changeSettings } from '../chats/changeSettings.js';
import type { ChatSettings } from '../chats/chats.js';
import type { EarlierMessage } from '../chats/newChat.js';
import type { StoredLimit } from '../chats/ownerLimits.js';
import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendAdded } from '../dialects/addMessages.js';
import { readTurnEnd } from '../dialects/responses.js';

/** What a request changes in the chat for its turn: all of it or, if the turn is refused, nothing. */
export type Preparation = {
  /** The turn after which this one is meant. Refused as `not_last_turn` when another one follows it. */
  after?: string | undefined;
  /** The chat as the caller has read it. Refused as `not_last_turn` when its log has grown since. */
  asOf?: ReadChat | undefined;
  /** Messages that no turn of the chat made, before the turn's own. */
  messages?: readonly EarlierMessage[] | undefined;
  /** Settings from this turn on. Turns in the queue keep theirs. A chat of another kind than agent has none. */
  settings?: { model?: string; systemPrompt?: string } | undefined;
};

/** The state of a chat when its log had grown to `seq`. */
export type ReadChat = { seq: number; kind: ChatKind; settings: ChatSettings };

/** `ReadChat` of a row of chats as JSON; null where there is no row. */
export const readChatColumn = (chat: string): string =>
  `case when ${chat}.id is not null then json_build_object('seq', ${chat}.seq, 'kind', ${chat}.kind, 'settings', ${chat}.settings) end`;

/** The chat as a turn finds it. `isLast`: whether no turn follows `after`. */
type Before = { kind: ChatKind; settings: ChatSettings; isLast: boolean };
type Target = { owner: string; chatId: string } & StoredLimit;

/**
 * Reads what `prepareTurn` needs; null where it needs nothing. The caller has sent the statement that locks the chat before,
 * and need not wait for it.
 */
export async function readPrepared(tx: Tx, chatId: string, preparation: Preparation): Promise<Before | null> {
  const { after, settings, asOf } = preparation;
  if (asOf) return { ...asOf, isLast: true };
  if (after === undefined && !settings) return null;
  const [end, { rows }] = await Promise.all([
    after === undefined ? null : readTurnEnd(tx, after),
    tx.query<Omit<Before, 'isLast'>>('select kind, settings from chats where id = $1', [chatId]),
  ]);
  return rows[0] ? { ...rows[0], isLast: end?.isLast !== false } : null;
}

/**
 * Carries out what the turn needs before it is accepted, in its transaction. Returns whether it has changed the chat. `key`
 * names the request. The caller holds the chat's lock. Throws `ChatRefused`.
 */
export async function prepareTurn(
  tx: Tx,
  { owner, chatId, storedBytes }: Target,
  { preparation, before, key }: { preparation: Preparation; before: Before | null; key: string },
): Promise<boolean> {
  const { messages = [], settings = {} } = preparation;
  if (before?.isLast === false) throw new ChatRefused('not_last_turn');
  const differs = before?.kind === 'agent' && Object.keys(decideSettings(settings, before.settings)).length > 0;
  if (differs) await changeSettings(tx, owner, chatId, settings, { queuedToo: false });
  await appendAdded(tx, { owner, chatId, storedBytes }, messages, key);
  return differs || messages.length > 0;
}
