import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../../../db/core/pool.js';
import { type ReplyState, readReplyState } from '../../../db/dialects/replyState.js';
import { readTurnPlace, type TurnPlace } from '../../../db/dialects/turnPlace.js';
import type { ViewerFrame } from '../../../domain/log/frames.js';
import type { MarkCursor } from '../../../domain/marks/cursor.js';
import type { Mark, TurnEnd } from '../../../domain/marks/mark.js';
import { createTurnMarks, type TurnMarks } from '../../../domain/marks/turnMarks.js';
import { stepFamily } from '../../../domain/turns/stepFamily.js';
import type { Feeds } from '../../../viewers/gateway/feeds.js';
import type { Sink } from '../../../viewers/sinks/sink.js';
import { Problem } from '../../http/problem.js';

/** Where the marks of a turn go. `send` gets them in order; the last one is `ended`, unless the connection breaks. */
export type MarkOutput = {
  send(marks: readonly Mark[]): void;
  /** The marks so far were sent; what follows is live. Called at least once, unless the output ends or closes before. */
  caughtUp?(): void;
  /** Ends the output after `ended`. */
  end(): void;
} & Pick<Sink, 'closed' | 'bufferedBytes' | 'drained' | 'onClosed' | 'close'>;

export type FollowedTurn = {
  owner: string;
  turnId: string;
  /**
   * Of a turn that was just accepted: its chat, a seq after which all of its events are, and when its workflow has been
   * started.
   */
  place?: (Pick<TurnPlace, 'chatId' | 'after'> & Partial<TurnPlace> & { started?: Promise<unknown> }) | undefined;
  cursor?: MarkCursor | null;
  /** Whether the output ends when the turn waits for a person. */
  endsWaiting?: boolean;
  /** See `TurnMarksOptions`. */
  continues?: boolean;
};

/** The most milliseconds for which a viewer waits for the start of the workflow: both at once slow the start down. */
const STARTS_WITHIN_MS = 50;

export type FollowDeps = { pool: Pool; feeds: Feeds };

/**
 * Sends the marks of a turn until its reply is in the log; its follow-ups may run on. Resolves when the output has closed,
 * which stops no turn. Throws `turn_not_found` or `JoinRefused`, only before anything is sent.
 */
export async function followTurn({ pool, feeds }: FollowDeps, turn: FollowedTurn, output: MarkOutput): Promise<void> {
  const { owner, turnId, cursor = null, continues = true } = turn;
  const place: FollowedTurn['place'] | null = turn.place ?? (await readTurnPlace(pool, { owner, turnId }));
  if (!place) throw new Problem('turn_not_found');
  const { epochs, started } = place;
  if (started) await Promise.race([started, delay(STARTS_WITHIN_MS)]);
  const marks = createTurnMarks({ turnId, ...(epochs ? { epochs } : {}), cursor, continues });
  const watch = createWatch({ ...turn, pool, marks, output });
  await feeds.join(place.chatId, { owner, after: place.after, sink: watch.sink, endsWithTurn: true });
  await new Promise<void>((resolve) => output.onClosed(resolve));
}

type WatchOptions = FollowedTurn & { pool: Pool; marks: TurnMarks; output: MarkOutput };

/** A viewer of the turn's chat that turns frames into marks, and asks Postgres whether the reply is over. */
function createWatch({ pool, turnId, marks, output, endsWaiting = false }: WatchOptions): { sink: Sink } {
  let begun = false;
  let ended = false;
  /** The beats whose events have arrived. */
  let landed = 0;
  let asking: { again: boolean } | null = null;
  let waiting = '';

  function send(found: readonly Mark[]) {
    if (output.closed || ended) return;
    const first = begun ? [] : marks.begin();
    begun = true;
    if (first.length + found.length > 0) output.send([...first, ...found]);
  }

  function end(how: TurnEnd) {
    send(marks.end(how));
    ended = true;
    output.end();
  }

  async function ask(): Promise<void> {
    if (asking) {
      asking.again = true;
      return;
    }
    const asked = { again: false };
    asking = asked;
    do {
      asked.again = false;
      const state = await readReplyState(pool, turnId).catch(() => null);
      if (state) take(state);
    } while (asked.again && !output.closed && !ended);
    asking = null;
  }

  function take(state: ReplyState) {
    switch (state.state) {
      case 'open':
        return;
      case 'waiting': {
        const calls = JSON.stringify(state.calls);
        if (calls === waiting) return;
        waiting = calls;
        send(marks.approval(state.calls));
        if (endsWaiting) end({ status: 'waiting' });
        return;
      }
      case 'over':
        // Postgres may have the reply before its event has come here, as may the status of an ended turn.
        if (state.status === null && landed >= state.beats)
          end({ status: 'completed', usage: state.usage ?? undefined });
    }
  }

  /** The last event of a turn. What failed is in its row. */
  async function complete(frame: Extract<ViewerFrame, { kind: 'turn_completed' }>): Promise<void> {
    const state = await readReplyState(pool, turnId).catch(() => null);
    const error = state?.state === 'over' ? (state.error ?? undefined) : undefined;
    end({ status: frame.data.status, error, usage: frame.data.tokenUsage ?? undefined });
  }

  /**
   * Whether to ask at a status. Before the first beat is in the log a reply is only over with its turn, whose end is an
   * event, and only a call of a tool makes it wait.
   */
  const mayBeOver = (frame: ViewerFrame) =>
    frame.type === 'status' && (landed > 0 || frame.steps.some(({ name }) => stepFamily(name) === 'tool'));

  const sink: Sink = {
    get closed() {
      return output.closed;
    },
    bufferedBytes: output.bufferedBytes,
    drained: output.drained,
    onClosed: output.onClosed,
    close: output.close,
    caughtUp: () => output.caughtUp?.(),
    send(encoded) {
      if (encoded.type === 'hello') return send([]);
      if (encoded.turnId !== turnId || ended) return;
      const frame = JSON.parse(encoded.bytes.toString()) as ViewerFrame;
      send(marks.take(frame, encoded));
      if (frame.type === 'event' && frame.kind === 'assistant_turn') landed += 1;
      if (frame.type === 'event' && frame.kind === 'turn_completed') void complete(frame);
      else if (mayBeOver(frame) || (frame.type === 'event' && frame.kind === 'assistant_turn')) void ask();
    },
  };
  return { sink };
}
