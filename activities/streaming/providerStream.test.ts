import { describe, expect, test } from '@jest/globals';
import type { Db } from '../../db/core/pool.js';
import type { ReplyPart } from '../../llm/port.js';
import { silentWire } from '../../test/support/viewers/silentWire.js';
import { createCheckpointer } from './checkpointer.js';
import type { StepHooks } from './draftWriter.js';
import { startProviderStream } from './providerStream.js';

/** A Postgres in which the fence of the one draft always holds. */
const db = {
  query: async () => ({
    rows: [{ turnId: 'turn_1', beat: 0, fence: 1, stop: null, sinceAccepted: null }],
    rowCount: 1,
  }),
} as unknown as Db;

async function* reply(): AsyncGenerator<ReplyPart> {
  yield { type: 'delta', channel: 'text', text: 'Hello.' };
  yield { type: 'finish', reason: 'stop', usage: null, model: 'm' };
}

const startWith = (steps: StepHooks) =>
  startProviderStream(
    { db, wire: silentWire, checkpointer: createCheckpointer(db, () => undefined) },
    {
      key: { turnId: 'turn_1', beat: 0 },
      chatId: 'chat_1',
      speakerId: 'assistant',
      fence: 1,
      epoch: 0,
      kept: { text: '', thinking: '', inEpoch: false },
      steps,
      call: { step: 'reply:0', attempt: 1, model: 'm', prompt: [], resumed: false },
      limitMs: 60_000,
      open: reply,
    },
  );

const connectionLost = () => new Error('Connection terminated unexpectedly');

describe('an agent’s stream', () => {
  test('waits for Postgres when it is away as the steps of an earlier epoch are removed', async () => {
    let calls = 0;
    const drop = async () => {
      calls += 1;
      if (calls < 3) throw connectionLost();
    };
    const stream = startWith({ firstIndex: 0, drop, begin: async () => true });
    expect(await stream.ended).toMatchObject({ how: 'finished' });
    expect(calls).toBe(3);
    expect(stream.text()).toBe('Hello.');
  });

  test('fails with internal, which counts, when a write fails for another reason', async () => {
    const drop = async () => {
      throw new Error('a mistake of ours');
    };
    const stream = startWith({ firstIndex: 0, drop, begin: async () => true });
    expect(await stream.ended).toMatchObject({ how: 'failed', failure: { code: 'internal' } });
  });
});
