import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createCheckpointer } from '../../../activities/streaming/checkpointer.js';
import type { KeptText } from '../../../activities/streaming/draftWriter.js';
import { startProviderStream } from '../../../activities/streaming/providerStream.js';
import { readResumePoint } from '../../../activities/streaming/resumePoint.js';
import type { Pool } from '../../../db/core/pool.js';
import { writeCheckpoints } from '../../../db/streaming/checkpoints.js';
import { acquireReplyLease, beginEpoch, recordResponse } from '../../../db/streaming/leases.js';
import { createResponses } from '../../../llm/responses/responses.js';
import { claim, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import {
  type KeptResponse,
  type ScriptedResponses,
  startScriptedResponses,
} from '../../support/provider/scriptedResponses.js';
import { until } from '../../support/until.js';
import { silentWire } from '../../support/viewers/silentWire.js';

let database: TestDatabase;
let pool: Pool;
let server: ScriptedResponses;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = database.pool;
  server = await startScriptedResponses();
});
/** What the checkpointers still hold would be written after the pool has ended. */
const checkpointers: (() => void)[] = [];
const failures: unknown[] = [];
afterEach(() => {
  for (const forget of checkpointers.splice(0)) forget();
  expect(failures.splice(0)).toEqual([]);
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

type AttemptOptions = { numbered?: boolean; onDelta?: () => void; kept?: KeptText };
type Attempt = Awaited<ReturnType<typeof aTurn>>['attempt'];

/** A turn whose reply comes from the Responses API, one attempt after the other. */
async function aTurn() {
  const { chatId, hostId } = await seedChat(pool);
  const { turn } = await claim(pool, chatId);
  const key = { turnId: turn.id, beat: 0 };

  const acquire = async () => {
    const lease = await acquireReplyLease(pool, key, { speakerId: hostId });
    if (lease.state !== 'held') throw new Error(`the lease is ${lease.state}`);
    return lease;
  };

  /** Streams like an attempt of a worker. `numbered: false`: as at a server whose events have no numbers. */
  async function attempt({ numbered = true, onDelta = () => {}, kept }: AttemptOptions = {}) {
    const lease = await acquire();
    const checkpointer = createCheckpointer(pool, (error) => failures.push(error));
    checkpointers.push(() => checkpointer.forget(key));
    const provider = createResponses({ baseUrl: server.baseUrl, apiKey: 'k' });
    const request = { model: 'm', messages: [{ role: 'user' as const, content: 'x' }] };
    const steps = { firstIndex: 0, drop: async () => undefined, begin: async () => true };
    const draft = kept && { kept, steps, begunSteps: [] };
    const asked = { provider, request, ...(draft ? { draft } : {}) };
    const point = await readResumePoint(pool, key, numbered ? lease : { ...lease, responseSeq: null }, asked);
    const resume = point.from === 'response' ? point : null;
    const stream = startProviderStream(
      { db: pool, wire: silentWire, checkpointer },
      {
        key,
        chatId,
        speakerId: hostId,
        fence: lease.fence,
        epoch: lease.epoch,
        kept,
        sent: resume?.sent ?? null,
        call: { step: 'reply:0', attempt: 1, model: 'm', prompt: ['x'], resumed: resume !== null },
        limitMs: 60_000,
        watch: { delta: onDelta, ended: () => undefined, firstToken: () => undefined },
        open: (signal) =>
          provider.streamReply(
            { ...request, requestId: `${turn.id}/reply:0/1` },
            { signal, silenceMs: 20_000, ...(resume ? { resume: resume.resume } : {}) },
          ),
      },
    );
    return { stream, flush: () => checkpointer.flush(key), loseRest: () => checkpointer.forget(key) };
  }
  return { key, attempt, acquire };
}

/** An attempt that is lost once it has recorded its response, and before the first token. */
async function loseBeforeToken({ key, attempt }: Awaited<ReturnType<typeof aTurn>>, kept?: KeptText) {
  const created = new Promise<KeptResponse>((resolve) => server.onCreated(resolve));
  const { stream } = await attempt(kept ? { kept } : {});
  const response = await created;
  await until('the response to be recorded', async () => {
    const { rows } = await pool.query('select response_id as id from drafts where turn_id = $1', [key.turnId]);
    return rows[0]?.id === response.id ? true : null;
  });
  server.reset(response.id);
  await stream.ended;
  return response;
}

/** The first attempt reads three tokens and checkpoints them, then its connection breaks. */
async function readThree(attempt: Attempt): Promise<KeptResponse> {
  let response: KeptResponse | undefined;
  server.onCreated((created) => {
    response = created;
    for (const token of ['one ', 'two ', 'three ']) created.say(token);
  });
  let read = 0;
  const { stream, flush } = await attempt({
    onDelta() {
      read += 1;
      if (read === 3 && response) server.reset(response.id);
    },
  });
  expect(await stream.ended).toMatchObject({ how: 'failed', failure: { code: 'stream_broken' } });
  await flush();
  if (!response) throw new Error('the provider was not asked');
  return response;
}

test('a worker that is lost after the last event, and before its checkpoint, does not double the text', async () => {
  const { attempt } = await aTurn();
  const response = await readThree(attempt);
  response.say('four');
  response.complete();
  const lost = await attempt();
  expect(await lost.stream.ended).toMatchObject({ how: 'finished' });
  expect(lost.stream.text()).toBe('one two three four');
  lost.loseRest();

  const last = await attempt();
  expect(await last.stream.ended).toMatchObject({ how: 'finished' });
  expect(last.stream.text()).toBe('one two three four');
  expect(server.responses.filter(({ id }) => id === response.id)[0]?.listened).toEqual([null, 3, 3]);
});

test('a response without numbers is read from its start, and the text that is kept is skipped', async () => {
  const { attempt } = await aTurn();
  const response = await readThree(attempt);
  response.say('four');
  response.complete();
  const second = await attempt({ numbered: false });
  expect(await second.stream.ended).toMatchObject({ how: 'finished' });
  expect(second.stream.text()).toBe('one two three four');
  expect(second.stream.epoch()).toBe(1);
});

test('a response that an agent resumes is skipped without the text of earlier iterations', async () => {
  const turn = await aTurn();
  const { key, attempt, acquire } = turn;
  const { fence } = await acquire();
  await beginEpoch(pool, key, fence, 1);
  await writeCheckpoints(pool, [{ ...key, fence, epoch: 1, channel: 'text', offset: 0, text: 'First. ' }]);
  const kept = { text: 'First. ', thinking: '', inEpoch: true };
  const response = await loseBeforeToken(turn, kept);

  for (const token of ['one ', 'two ', 'three']) response.say(token);
  response.complete();
  const second = await attempt({ kept: { ...kept, inEpoch: false } });
  expect(await second.stream.ended).toMatchObject({ how: 'finished' });
  expect(second.stream.text()).toBe('First. one two three');
  expect(second.stream.epoch()).toBe(1);
});

test('a response that was begun in place of another one is read into a new epoch', async () => {
  const turn = await aTurn();
  const { key, attempt, acquire } = turn;
  await readThree(attempt);
  const { fence } = await acquire();
  await recordResponse(pool, key, fence, null);

  const other = await loseBeforeToken(turn);
  for (const token of ['another ', 'answer']) other.say(token);
  other.complete();
  const last = await attempt();
  expect(await last.stream.ended).toMatchObject({ how: 'finished' });
  expect(last.stream.text()).toBe('another answer');
  expect(last.stream.epoch()).toBe(2);
});

test('naming a response again keeps the number of the newest kept event, and another response has none', async () => {
  const { key, acquire } = await aTurn();
  const { fence } = await acquire();
  await recordResponse(pool, key, fence, { id: 'resp_a', epoch: 1 });
  await writeCheckpoints(pool, [{ ...key, fence, epoch: 1, channel: 'text', offset: 0, text: 'a', sequence: 7 }]);
  await recordResponse(pool, key, fence, { id: 'resp_a', epoch: 1 });
  const again = await acquire();
  expect(again).toMatchObject({ responseId: 'resp_a', responseSeq: 7 });
  await recordResponse(pool, key, again.fence, { id: 'resp_b', epoch: 1 });
  expect(await acquire()).toMatchObject({ responseId: 'resp_b', responseSeq: null });
});
