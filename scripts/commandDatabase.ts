import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, readConfig } from '../config.js';
import { createPool, type Pool } from '../db/core/pool.js';
import type { SealingKey } from '../db/core/sealed.js';
import { dataDirAt } from './start/dataDir.js';

/** `sealingKey`: of the setting, else the one that `npm start` made in `DATA_DIR`; null for none. */
export type CommandDatabase = { pool: Pool; sealingKey: SealingKey | null };

/**
 * Connects a command to the database of the settings, else to that of the service that runs in `DATA_DIR`. The caller ends
 * the pool. Throws `ConfigError`.
 */
export async function openCommandDatabase(statementTimeoutMs: number): Promise<CommandDatabase> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = readConfig();
  const dataDir = dataDirAt(resolve(config.DATA_DIR));
  const url = config.DATABASE_DIRECT_URL ?? config.DATABASE_URL ?? (await dataDir.readRun())?.databaseUrl;
  if (!url) throw new ConfigError('DATABASE_URL: must be set, unless the service runs here (npm start)');
  const made = config.PROVIDER_ENCRYPTION_KEY ? null : await dataDir.readEncryptionKey();
  const sealingKey = config.PROVIDER_ENCRYPTION_KEY ?? (made === null ? null : Buffer.from(made, 'base64'));
  return { pool: createPool(url, { max: 1, statementTimeoutMs }), sealingKey };
}
