import { expect, test } from '@jest/globals';
import { followTurn, type MarkOutput } from '../../../api/dialects/core/followTurn.js';
import type { Pool } from '../../../db/core/pool.js';
import { draftOf, type Mark } from '../../../domain/marks/mark.js';
import { owner } from '../../support/chats/chats.js';
import { useGatewayFixture } from '../../support/viewers/gatewayFixture.js';

const fixture = useGatewayFixture();

/** Runs `work` between the first statement about the turn and all that follow. */
function poolWith(work: () => Promise<void>): Pool {
  const { pool } = fixture.database;
  let isFirst = true;
  const query = async (text: string, values: unknown[]) => {
    const result = await pool.query(text, values);
    if (isFirst) {
      isFirst = false;
      await work();
    }
    return result;
  };
  return { query } as unknown as Pool;
}

function collect(): MarkOutput & { marks: Mark[] } {
  const marks: Mark[] = [];
  const listeners: (() => void)[] = [];
  const close = () => {
    for (const listener of listeners.splice(0)) listener();
  };
  return {
    marks,
    closed: false,
    bufferedBytes: () => 0,
    drained: () => Promise.resolve(),
    onClosed: (listener) => void listeners.push(listener),
    close,
    send: (found) => void marks.push(...found),
    end: close,
  };
}

/** The drafts of which the marks of a viewer's items are. */
async function draftsOf(turnId: string, pool: Pool): Promise<number[]> {
  const output = collect();
  await followTurn({ pool, feeds: fixture.gateway.feeds }, { owner, turnId, continues: false }, output);
  return output.marks.flatMap((mark) => (mark.type === 'itemOpened' ? [draftOf(mark.item)] : []));
}

test('a viewer of a turn names the draft that landed while it joined, though it asked about an earlier one', async () => {
  const reply = await fixture.begin();
  await reply.say('Half of ', 'checkpoint');
  const pool = poolWith(async () => {
    await reply.retry();
    await reply.say('Another.', 'checkpoint');
    await reply.land();
    await reply.finish();
  });
  expect(await draftsOf(reply.turnId, pool)).toEqual([2]);
  expect(await draftsOf(reply.turnId, fixture.database.pool)).toEqual([2]);
});
