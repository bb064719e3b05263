import { expect, test } from '@jest/globals';
import type { ViewerFrame } from '../../domain/log/frames.js';
import type { EncodedFrame, Sink } from '../sinks/sink.js';
import type { WireItem } from '../wire/wire.js';
import { createFeed } from './feed.js';
import type { FeedReads } from './feedReads.js';
import { createViewer } from './viewer.js';

const chatId = 'chat_1';
const tick = () => new Promise((resolve) => setImmediate(resolve));

/** A chat without events. `opened` is how its head is read. */
const emptyChat = (opened: Promise<void>): FeedReads => ({
  async heads() {
    await opened;
    return [{ chatId, owner: 'local', seq: 0, openTurns: [] }];
  },
  events: async () => [],
  draftsInFlight: async () => [],
  draftsJustOver: async () => [],
  checkpoints: async () => [],
  status: async () => null,
});

function openFeed(opened = Promise.resolve()) {
  return createFeed({
    chatId,
    reads: emptyChat(opened),
    log: { warn: () => undefined },
    now: () => 0,
    onGap: () => undefined,
    onDelivered: () => undefined,
  });
}

/** A sink that counts as full while `buffered` is set. */
function memorySink() {
  const sent: EncodedFrame[] = [];
  const network = { buffered: 0 };
  let waiters: (() => void)[] = [];
  const sink: Sink = {
    closed: false,
    send: (frame) => void sent.push(frame),
    bufferedBytes: () => network.buffered,
    drained: () => (network.buffered === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    onClosed: () => undefined,
    close: () => undefined,
  };
  const frames = () => sent.map(({ bytes }) => JSON.parse(bytes.toString()) as ViewerFrame);
  return {
    sink,
    sent,
    network,
    types: () => frames().map(({ type }) => type),
    text: () => frames().reduce((text, frame) => ('text' in frame ? text + frame.text : text), ''),
    drain() {
      network.buffered = 0;
      const resolved = waiters;
      waiters = [];
      for (const resolve of resolved) resolve();
    },
  };
}

async function joinLive(feed: ReturnType<typeof openFeed>) {
  const memory = memorySink();
  const onError = (error: unknown) => {
    throw error;
  };
  createViewer({ feed, sink: memory.sink, after: 0, joinedAtSeq: 0, onError }).start();
  await feed.ready;
  await tick();
  return memory;
}

const token = (offset: number, text: string): WireItem => ({
  type: 'token',
  chatId,
  turnId: 'turn_1',
  beat: 0,
  fence: 1,
  epoch: 1,
  speakerId: 'chr_1',
  channel: 'text',
  offset,
  text,
});

test('a feed encodes the tokens of one tick once, as one frame for all live viewers', async () => {
  const feed = openFeed();
  const [one, two] = [await joinLive(feed), await joinLive(feed)];
  feed.receive(token(0, 'The '), null);
  feed.receive(token(4, 'lamp'), null);
  await tick();
  expect([one.types(), one.text()]).toEqual([['hello', 'token'], 'The lamp']);
  expect(two.sent[1]).toBe(one.sent[1]);
  feed.close();
});

test('a feed applies the tokens that arrive while its chat is read from Postgres', async () => {
  let open = () => {};
  const feed = openFeed(
    new Promise((resolve) => {
      open = resolve;
    }),
  );
  const joining = joinLive(feed);
  feed.receive(token(0, 'The '), null);
  open();
  const viewer = await joining;
  feed.receive(token(4, 'lamp'), null);
  await tick();
  expect([viewer.types(), viewer.text()]).toEqual([['hello', 'draft', 'token'], 'The lamp']);
  feed.close();
});

test('a live viewer with too much unsent gets no more frames until it is drained, and then misses nothing', async () => {
  const feed = openFeed();
  const [slow, other] = [await joinLive(feed), await joinLive(feed)];
  feed.receive(token(0, 'The '), null);
  await tick();
  slow.network.buffered = 1024 * 1024;
  for (const [offset, text] of [
    [4, 'lamp '],
    [9, 'is '],
    [12, 'lit.'],
  ] as const) {
    feed.receive(token(offset, text), null);
    await tick();
  }
  expect([slow.text(), other.text()]).toEqual(['The lamp ', 'The lamp is lit.']);
  slow.drain();
  await tick();
  feed.receive(token(16, ' Still.'), null);
  await tick();
  expect([slow.text(), other.text()]).toEqual(['The lamp is lit. Still.', 'The lamp is lit. Still.']);
  expect(slow.types()).toEqual(['hello', 'token', 'token', 'token', 'token']);
  feed.close();
});
