import { decideSettings, isOfTurnOptions, type SettingsChange } from '../../domain/agents/settings.js';
import { newId } from '../core/ids.js';
import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents } from '../timeline/log.js';
import type { ChatSettings } from './chats.js';
import { lockChatUnlessFull } from './lockOwnChat.js';
import { keepProvider } from './providers.js';

/**
 * Changes a chat's settings from its next turn on, and appends `chat_settings_changed` if one differs. Turns that have
 * begun keep the settings that they began with; turns in the queue get the new ones, unless `queuedToo` is false. Throws
 * `ChatRefused`.
 */
export async function changeSettings(
  tx: Tx,
  owner: string,
  chatId: string,
  change: SettingsChange,
  { queuedToo = true }: { queuedToo?: boolean } = {},
): Promise<void> {
  const { kind } = await lockChatUnlessFull(tx, owner, chatId);
  if (kind === 'relay' || (kind !== 'agent' && !isOfTurnOptions(change))) throw new ChatRefused('not_agent');
  const { providerId } = change;
  if (typeof providerId === 'string' && !(await keepProvider(tx, owner, providerId)))
    throw new ChatRefused('provider_not_found', 'providerId');
  const { rows } = await tx.query<{ settings: ChatSettings }>('select settings from chats where id = $1', [chatId]);
  const { settings } = rows[0]!;
  const changed = decideSettings(change, settings);
  if (Object.keys(changed).length === 0) return;
  await tx.query(`update turns set settings = $2 where chat_id = $1 and status = any($3) and settings is null`, [
    chatId,
    JSON.stringify(settings),
    ['running', 'awaiting_operator', ...(queuedToo ? [] : ['queued'])],
  ]);
  // A chat's settings may be changed any number of times, so each event gets a new id as its key.
  await appendEvents(tx, { chatId, turnId: null, step: `settings:${newId('evt')}` }, [
    { kind: 'chat_settings_changed', data: changed },
  ]);
}
