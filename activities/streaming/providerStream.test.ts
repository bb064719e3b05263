import { describe, expect, test } from '@jest/globals';
import type { Db } from '../../db/core/pool.js';
import type { ReplyPart } from '../../llm/port.js';
import { silentWire } from '../../test/support/viewers/silentWire.js';
import type { WireToken } from '../../viewers/wire/wire.js';
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

describe('a stream whose text so far was thinking', () => {
  const say = (text: string): ReplyPart => ({ type: 'delta', channel: 'text', text });
  const finish: ReplyPart = { type: 'finish', reason: 'stop', usage: null, model: 'm' };

  async function play(parts: ReplyPart[], start: Partial<Parameters<typeof startProviderStream>[1]> = {}) {
    const tokens: WireToken[] = [];
    const wire = { ...silentWire, publish: (token: WireToken) => void tokens.push(token) };
    const stream = startProviderStream(
      { db, wire, checkpointer: createCheckpointer(db, () => undefined) },
      {
        ...{ key: { turnId: 'turn_1', beat: 0 }, chatId: 'chat_1', speakerId: 'assistant', fence: 1, epoch: 0 },
        call: { step: 'reply:0', attempt: 1, model: 'm', prompt: [], resumed: false },
        limitMs: 60_000,
        async *open() {
          yield* parts;
        },
        ...start,
      },
    );
    const end = await stream.ended;
    const sent = tokens.map(({ epoch, channel, offset, text, reason }) => [epoch, channel, offset, text, reason]);
    return { stream, end, sent };
  }

  test('begins a new epoch with it as thinking, before the reply', async () => {
    const { stream, end, sent } = await play([
      say('she '),
      say('lies'),
      { type: 'text_was_thinking' },
      say('Good '),
      say('evening.'),
      finish,
    ]);
    expect(end).toMatchObject({ how: 'finished', reason: 'stop' });
    expect(sent).toEqual([
      [1, 'text', 0, 'she ', undefined],
      [1, 'text', 4, 'lies', undefined],
      [2, 'thinking', 0, 'she lies', 'thinking_separated'],
      [2, 'text', 0, 'Good ', 'thinking_separated'],
      [2, 'text', 5, 'evening.', 'thinking_separated'],
    ]);
    expect([stream.epoch(), stream.text()]).toEqual([2, 'Good evening.']);
  });

  test('keeps what earlier calls of an agent have left, and begins its steps again', async () => {
    const steps: unknown[] = [];
    const { stream, sent } = await play(
      [
        say('Hm.'),
        { type: 'text_was_thinking' },
        { type: 'delta', channel: 'thinking', text: ' So.' },
        say('Two.'),
        finish,
      ],
      {
        epoch: 3,
        kept: { text: 'One.', thinking: 'First.', inEpoch: true },
        steps: {
          firstIndex: 2,
          drop: async () => void steps.push('drop'),
          begin: async ({ index, type, offset }) => steps.push([index, type, offset]) > 0,
        },
      },
    );
    expect(sent).toEqual([
      [3, 'text', 4, 'Hm.', undefined],
      [4, 'thinking', 0, 'First.', 'thinking_separated'],
      [4, 'text', 0, 'One.', 'thinking_separated'],
      [4, 'thinking', 6, 'Hm.', 'thinking_separated'],
      [4, 'thinking', 9, ' So.', 'thinking_separated'],
      [4, 'text', 4, 'Two.', 'thinking_separated'],
    ]);
    expect(steps).toEqual([[2, 'text', 4], 'drop', [2, 'thinking', 6], [3, 'text', 4]]);
    expect(stream.added()).toMatchObject({ text: 'Two.', thinking: 'Hm. So.' });
  });

  test('sends again what earlier calls of an agent have left, each kept step after the text before it', async () => {
    const { sent } = await play([say('Two.'), finish], {
      epoch: 3,
      kept: { text: 'One. Half.', thinking: 'First.', inEpoch: false },
      steps: {
        firstIndex: 3,
        async drop(_at, sendKept) {
          for (const upTo of [
            { thinking: 0, text: 0 },
            { thinking: 6, text: 0 },
            { thinking: 6, text: 5 },
          ])
            sendKept(upTo);
        },
        begin: async () => true,
      },
    });
    expect(sent.map(([, channel, offset, text]) => [channel, offset, text])).toEqual([
      ['thinking', 0, 'First.'],
      ['text', 0, 'One. '],
      ['text', 5, 'Half.'],
      ['text', 10, 'Two.'],
    ]);
  });

  test('leaves nothing after which a response that the provider keeps could be resumed', async () => {
    const numbered = (text: string, sequence: number): ReplyPart => ({
      type: 'delta',
      channel: 'text',
      text,
      sequence,
    });
    const moved: ReplyPart = { type: 'text_was_thinking' };
    expect((await play([numbered('Hm.', 1)])).stream.madeResumableProgress()).toBe(true);
    const { stream } = await play([numbered('Hm.', 1), moved, numbered('Yes.', 2)]);
    expect(stream.madeResumableProgress()).toBe(false);
  });

  test('fails as a thought without an answer where no text follows', async () => {
    const { end } = await play([say('Hm.'), { type: 'text_was_thinking' }, finish]);
    expect(end).toMatchObject({ how: 'failed', failure: { code: 'thought_only' } });
  });

  test('is a reply as any other where no text was given', async () => {
    const { end, sent } = await play([{ type: 'text_was_thinking' }, say('Yes.'), finish]);
    expect(end).toMatchObject({ how: 'finished' });
    expect(sent).toEqual([[1, 'text', 0, 'Yes.', undefined]]);
  });
});

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
