import { changeSettings } from '../chats/changeSettings.js';
import { lockOwnChat } from '../chats/lockOwnChat.js';
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
  /** Messages that no turn of the chat made, before the turn's own. */
  messages?: readonly EarlierMessage[] | undefined;
  /** Settings from this turn on. Turns in the queue keep theirs. A chat of another kind than agent has none. */
  settings?: { model?: string; systemPrompt?: string } | undefined;
};

type Target = { owner: string; chatId: string } & StoredLimit;

/** Carries out what the turn needs before it is accepted, in its transaction. `key` names the request. Throws `ChatRefused`. */
export async function prepareTurn(
  tx: Tx,
  { owner, chatId, storedBytes }: Target,
  { after, messages = [], settings }: Preparation,
  key: string,
): Promise<void> {
  const { kind } = await lockOwnChat(tx, owner, chatId);
  if (after !== undefined && (await readTurnEnd(tx, after))?.isLast === false) throw new ChatRefused('not_last_turn');
  if (settings && kind === 'agent') await changeSettings(tx, owner, chatId, settings, { queuedToo: false });
  await appendAdded(tx, { owner, chatId, storedBytes }, messages, key);
}
