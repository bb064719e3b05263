import type { Pool } from '../../../db/core/pool.js';
import { readReplacement } from '../../../db/dialects/replacement.js';
import { readMessageNames } from '../../../db/dialects/turnNames.js';
import { readMessages } from '../../../db/timeline/messages.js';
import type { Message } from '../../../domain/timeline/message.js';
import { turnIdOf, withoutRunning } from '../../../domain/timeline/replaced.js';

/** The most messages that a client gets at once: one that needs more reads the rest over the api. */
const MAX_MESSAGES = 1_000;

/** `names`: by turn, the client's name for the user's message. */
export type Thread = { messages: Message[]; names: ReadonlyMap<string, string> };

/** The newest messages of a chat, oldest first, without what the reply of `running` replaces: that comes on its stream. */
export async function readThread(pool: Pool, chatId: string, running: string | null): Promise<Thread> {
  const read: Message[] = [];
  for await (const batch of readMessages(pool, chatId, { after: null, limit: MAX_MESSAGES, order: 'desc' })) {
    read.unshift(...batch.reverse());
    if (read.length >= MAX_MESSAGES) break;
  }
  const messages = withoutRunning(read, running, running === null ? null : await readReplacement(pool, running));
  const turnIds = messages.flatMap(({ id }) => turnIdOf(id) ?? []);
  return { messages, names: await readMessageNames(pool, chatId, turnIds) };
}
