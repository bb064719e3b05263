import { parseArgs } from 'node:util';
import { type Difference, rebuildChat } from '../db/timeline/rebuild/rebuildChat.js';
import { openCommandDatabase } from './commandDatabase.js';
import { messageOf } from './start/failure.js';

/**
 * `npm run rebuild -- CHAT [--check]`: rebuilds the projections of a chat from its log, and says what differed. With
 * `--check` it only compares. Exits with 0 when nothing differed, with 1 when something did, and with 2 when it could not
 * compare.
 */
const statementTimeoutMs = 10 * 60_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false } },
  });
  const [chatId, ...others] = positionals;
  if (!chatId || others.length > 0) return complain('Name one chat: npm run rebuild -- chat_… [--check]');
  const { pool } = await openCommandDatabase(statementTimeoutMs);
  try {
    const result = await rebuildChat(pool, chatId, values);
    switch (result.outcome) {
      case 'unknown_chat':
        return complain(`There is no chat ${chatId}.`);
      case 'busy':
        return complain('A turn of the chat runs. Stop it, or try again when it has ended.');
      case 'compared':
        return print(result.differences, values.check);
    }
  } finally {
    await pool.end();
  }
}

function print(differences: Difference[], check: boolean): number {
  if (differences.length === 0) {
    console.log('The projections are what the log gives. Nothing was changed.');
    return 0;
  }
  for (const { table, missing, extra, changed, examples } of differences)
    console.log(`${table}: ${missing} missing, ${extra} too many, ${changed} different, such as ${examples.join(' ')}`);
  console.log(check ? 'Nothing was changed: run it without --check to repair them.' : 'They are repaired.');
  return 1;
}

function complain(sentence: string): number {
  console.error(sentence);
  return 2;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = complain(messageOf(error));
  },
);
