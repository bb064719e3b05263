import { changeChat, readChat } from '../../../db/chats/chats.js';
import type { Pool } from '../../../db/core/pool.js';

/**
 * Takes over what a later request says of the model and its instructions, from that turn on. What is left out stays, and
 * chats without such settings have none.
 */
export async function followSettings(
  pool: Pool,
  { owner, chatId }: { owner: string; chatId: string },
  { model, instructions }: { model: string; instructions: string | null },
): Promise<void> {
  const chat = await readChat(pool, owner, chatId);
  if (chat?.kind !== 'agent') return;
  const settings = { model, ...(instructions === null ? {} : { systemPrompt: instructions }) };
  const changes = Object.entries(settings).some(([name, value]) => chat.settings[name as 'model'] !== value);
  if (changes) await changeChat(pool, owner, chatId, { settings });
}
