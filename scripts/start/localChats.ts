import { readFile } from 'node:fs/promises';
import { parseKeyFile } from '../../api/auth/keyFile.js';
import { type Config, isKeyed } from '../../config.js';
import { createPool } from '../../db/core/pool.js';
import { hintAtLocalChats } from '../../db/owners/localChats.js';

/** The hint at chats from the time without keys, or null. It must not fail a start that has succeeded. */
export async function localChatsHint(config: Config, databaseUrl: string): Promise<string | null> {
  if (!isKeyed(config)) return null;
  const pool = createPool(databaseUrl, { max: 1 });
  try {
    const listed = config.API_KEYS_FILE ? parseKeyFile(await readFile(config.API_KEYS_FILE, 'utf8')) : [];
    return await hintAtLocalChats(
      pool,
      [...(config.API_KEYS ?? []), ...listed].map(({ owner }) => owner),
    );
  } catch {
    return null;
  } finally {
    await pool.end();
  }
}
