import type { Pool } from '../../../db/core/pool.js';
import { type Chunk, writeCheckpoints } from '../../../db/streaming/checkpoints.js';
import { closeReply, landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease, beginEpoch } from '../../../db/streaming/leases.js';
import { finishTurn } from '../../../db/turns/finish.js';
import type { Channel } from '../../../domain/log/frames.js';
import type { EndStatus } from '../../../domain/turns/endStatus.js';
import type { RestartReason } from '../../../domain/turns/restartReasons.js';
import type { Wire, WireToken } from '../../../viewers/wire/wire.js';
import { claim } from '../chats/chats.js';

/** What becomes of a piece of a reply: sent, kept, or both, as by a worker; `none` is lost with the worker. */
export type Fate = 'both' | 'wire' | 'checkpoint' | 'none';

/** A turn's reply as a worker writes it, each step by hand: the real log, drafts and fences, and the real wire. */
export type TestReply = {
  chatId: string;
  turnId: string;
  /** All that was said in this epoch. */
  said(channel?: Channel): string;
  say(text: string, fate?: Fate, channel?: Channel): Promise<void>;
  /** A new attempt, with a new fence; the next word begins a new epoch. */
  retry(): Promise<void>;
  /** The token that a word would be, of this attempt: for a zombie to send later. */
  token(text: string, channel?: Channel): WireToken;
  land(): Promise<void>;
  /** Closes the reply with what is checkpointed, as a stop does. */
  stop(): Promise<void>;
  finish(status?: EndStatus): Promise<void>;
};

export async function startReply(pool: Pool, wire: Pick<Wire, 'publish'>, chatId: string): Promise<TestReply> {
  const { turn } = await claim(pool, chatId);
  const key = { turnId: turn.id, beat: 0 };
  const speakerId = 'chr_mira';
  let fence = 0;
  let epoch = 0;
  let begun = false;
  let reason: RestartReason | undefined;
  let said = { text: '', thinking: '' };

  async function open() {
    const draft = await acquireReplyLease(pool, key, { speakerId });
    if (draft.state !== 'held') throw new Error(`the draft is ${draft.state}`);
    fence = draft.fence;
    epoch = draft.epoch;
    reason = draft.restartReason;
    begun = false;
  }

  async function begin() {
    epoch += 1;
    begun = true;
    said = { text: '', thinking: '' };
    if (!(await beginEpoch(pool, key, fence, epoch))) throw new Error('the fence is lost');
  }

  const token = (text: string, channel: Channel = 'text'): WireToken => ({
    ...key,
    chatId,
    fence,
    epoch,
    ...(epoch > 1 ? { reason } : {}),
    speakerId,
    channel,
    offset: said[channel].length,
    text,
  });

  await open();
  return {
    chatId,
    turnId: key.turnId,
    said: (channel = 'text') => said[channel],
    token,
    async say(text, fate = 'both', channel = 'text') {
      if (!begun) await begin();
      const piece = token(text, channel);
      said[channel] += text;
      if (fate === 'both' || fate === 'wire') wire.publish(piece);
      if (fate === 'both' || fate === 'checkpoint') await writeCheckpoints(pool, [piece satisfies Chunk]);
    },
    retry: open,
    async land() {
      const verdict = await landReply(pool, key, fence, { text: said.text, truncated: false, model: 'test' });
      if (verdict === 'superseded' || !verdict.landed) throw new Error('the reply was not let in');
    },
    async stop() {
      await closeReply(pool, key, { model: 'test' });
    },
    async finish(status = 'completed') {
      await finishTurn(pool, key.turnId, { status });
    },
  };
}
