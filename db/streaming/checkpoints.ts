import type { Channel, DraftKey } from '../../domain/log/frames.js';
import type { StopMark } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';

/** A piece of a draft's text, at its offset in UTF-16 code units. */
export type Chunk = DraftKey & {
  fence: number;
  epoch: number;
  channel: Channel;
  offset: number;
  text: string;
  /** Sequence number of the newest event of the provider's response whose text is included. */
  sequence?: number | undefined;
  /** The call that the text comes from. With an empty text it records that the request is being sent. */
  call?: CallSoFar | undefined;
};

/** A call of a model in flight. Its token counts are estimates; the completion's covers the text received so far. */
export type CallSoFar = {
  step: string;
  attempt: number;
  model: string;
  promptTokens: number;
  completionTokens: number;
  continuedEpoch?: number | undefined;
};

/** A reply whose fence is still current, and the stop mark of its turn. */
export type Checkpointed = DraftKey & { fence: number; stop: StopMark | null };

/**
 * Writes the checkpoints of all streams of a worker in one statement. Returns the replies whose fence is still current:
 * the others have been taken over by a newer attempt. `stop` reports a stop whose message was lost.
 */
export async function writeCheckpoints(db: Db, chunks: Chunk[]): Promise<Checkpointed[]> {
  const { rows } = await db.query<Checkpointed>(
    `with input as (
       select * from unnest($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::text[], $6::integer[], $7::text[],
                            $8::integer[], $9::text[], $10::integer[], $11::text[], $12::integer[], $13::integer[],
                            $14::integer[])
         as i(turn_id, beat, fence, epoch, channel, "offset", text, sequence, step, attempt, model, prompt, completion,
              continued)
     ), live as materialized (
       select d.turn_id, d.beat, d.fence from drafts d
       where d.status = 'streaming'
         and (d.turn_id, d.beat, d.fence) in (select turn_id, beat, fence from input)
       order by d.turn_id, d.beat for no key update
     ), written as (
       insert into draft_chunks (turn_id, beat, epoch, channel, "offset", text)
       select i.turn_id, i.beat, i.epoch, i.channel, i."offset", i.text
       from input i join live l using (turn_id, beat, fence) where i.text <> ''
       on conflict do nothing
     ), received as (
       select turn_id, beat, max(sequence) as sequence from input join live using (turn_id, beat, fence)
       where sequence is not null group by turn_id, beat
     ), numbered as (
       update drafts d set response_seq = greatest(d.response_seq, r.sequence) from received r
       where d.turn_id = r.turn_id and d.beat = r.beat
     ), spent as (
       select turn_id, step, attempt, max(model) as model, max(prompt) as prompt, max(completion) as completion,
         max(epoch) filter (where text <> '') as epoch, max(continued) as continued
       from input join live using (turn_id, beat, fence) where step is not null group by turn_id, step, attempt
     ), counted as (
       update model_calls m set model = s.model, prompt_tokens = s.prompt, epoch = coalesce(s.epoch, m.epoch),
         completion_tokens = greatest(m.completion_tokens, s.completion),
         continued_epoch = coalesce(s.continued, m.continued_epoch)
       from spent s where m.turn_id = s.turn_id and m.step = s.step and m.attempt = s.attempt
     )
     select l.turn_id as "turnId", l.beat, l.fence, t.stop from live l join turns t on t.id = l.turn_id`,
    [
      chunks.map((c) => c.turnId),
      chunks.map((c) => c.beat),
      chunks.map((c) => c.fence),
      chunks.map((c) => c.epoch),
      chunks.map((c) => c.channel),
      chunks.map((c) => c.offset),
      chunks.map((c) => c.text),
      chunks.map((c) => c.sequence ?? null),
      chunks.map((c) => c.call?.step ?? null),
      chunks.map((c) => c.call?.attempt ?? null),
      chunks.map((c) => c.call?.model ?? null),
      chunks.map((c) => c.call?.promptTokens ?? null),
      chunks.map((c) => c.call?.completionTokens ?? null),
      chunks.map((c) => c.call?.continuedEpoch ?? null),
    ],
  );
  return rows;
}
