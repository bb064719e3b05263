import { createHash, randomBytes } from 'node:crypto';
import { ConfigError } from '../config.js';
import { type Moved, moveOwner } from '../db/owners/moveOwner.js';
import { isOwnerName } from '../lib/ownerName.js';
import { openCommandDatabase } from './commandDatabase.js';
import { messageOf } from './start/failure.js';

/**
 * `npm run owner -- key [OWNER [LEVEL]]`: prints a new key, and its line for API_KEYS_FILE.
 * `npm run owner -- move FROM TO`: gives all that an owner has to another one. Exits with 1 when nothing was moved.
 */
const usage = 'Usage: npm run owner -- key [OWNER [LEVEL]]   or   npm run owner -- move FROM TO';
/** Moving rewrites the search index of all texts. */
const statementTimeoutMs = 3_600_000;

async function main([command, ...names]: string[]): Promise<number> {
  if (command === 'key' && names.length <= 2) return printKey(names[0] ?? 'local', names[1] ?? '3');
  if (command === 'move' && names.length === 2) return move(names[0] ?? '', names[1] ?? '');
  console.error(usage);
  return 1;
}

function mustBeOwner(name: string): void {
  if (!isOwnerName(name))
    throw new ConfigError(`'${name}' can't name an owner: 1 to 200 characters without blanks and colons`);
}

function printKey(owner: string, level: string): number {
  mustBeOwner(owner);
  if (!['1', '2', '3'].includes(level)) throw new ConfigError('LEVEL: must be 1 (read), 2 (write) or 3 (dangerous)');
  const key = `dt-${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(key).digest('hex');
  console.log(`Key, for its user: ${key}`);
  console.log(`Line of API_KEYS_FILE: sha256:${hash}:${owner}:${level}`);
  return 0;
}

async function move(from: string, to: string): Promise<number> {
  for (const name of [from, to]) mustBeOwner(name);
  if (from === to) throw new ConfigError('FROM and TO are the same owner');
  const { pool, sealingKey } = await openCommandDatabase(statementTimeoutMs);
  try {
    return report(await moveOwner(pool, { from, to, sealingKey }), from, to);
  } finally {
    await pool.end();
  }
}

function report(moved: Moved, from: string, to: string): number {
  if (moved.outcome === 'running') {
    const more = moved.count > moved.examples.length ? ', …' : '';
    console.error(
      `Nothing was moved: ${moved.count} turns of ${from} have not ended (${moved.examples.join(', ')}${more}). Let them end, or cancel them, then run this again.`,
    );
    return 1;
  }
  console.log(`Moved from ${from} to ${to}:`);
  for (const [table, count] of Object.entries(moved.rows)) console.log(`  ${table.padEnd(18)} ${count}`);
  if (moved.dropped.you > 0) console.log(`${to} keeps the own character that it has; that of ${from} was dropped.`);
  if (moved.dropped.dialect_chats > 0)
    console.log(`${moved.dropped.dialect_chats} names that clients gave to chats stay with chats of ${to}.`);
  if (moved.unlinked > 0) console.log(`${moved.unlinked} chats lost their strategy: a chat of ${to} has it.`);
  if (moved.withoutKey.length > 0)
    console.log(
      `The keys of these providers can't be decrypted with PROVIDER_ENCRYPTION_KEY, give them new ones: ${moved.withoutKey.join(', ')}`,
    );
  if (moved.withoutSecret.length > 0)
    console.log(
      `The secrets of these webhooks can't be decrypted with PROVIDER_ENCRYPTION_KEY, delete them and add them again: ${moved.withoutSecret.join(', ')}`,
    );
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);
