import type { ViewerFrame } from '../../../../domain/log/frames.js';
import { toEventFrame } from '../../../../domain/log/frames.js';
import type { MarkCursor } from '../../../../domain/marks/cursor.js';
import type { Mark, TurnEnd } from '../../../../domain/marks/mark.js';
import { createTurnMarks } from '../../../../domain/marks/turnMarks.js';
import { type DeliveredDrafts, forgetEnded } from '../../../../viewers/gateway/deliveredDrafts.js';
import { nextDraftFrame } from '../../../../viewers/gateway/draftFrames.js';
import { createDraftsInFlight } from '../../../../viewers/gateway/draftsInFlight.js';
import { type FeedEvent, nextFrameBefore } from '../../../../viewers/gateway/landingFrames.js';
import type { Course } from './spokenTurn.js';
import { type Happening, turnId } from './worker.js';

/** The marks that a viewer gets at once, and how much of the course had happened by then. */
export type Batch = { marks: Mark[]; happened: number };

export type ViewerOptions = {
  /** How much of the course has happened when the viewer joins. */
  joins?: number;
  cursor?: MarkCursor | null;
  /** Whether text goes out after each token, or only when something else follows. */
  flushes?: (nth: number) => boolean;
  /** Whether the viewer's stream ends where the turn waits for a person, from this happening on. */
  endsWaiting?: boolean;
  /** Whether the stream ends with the last beat, before the turn's follow-ups have ended. */
  endsEarly?: boolean;
  /** See `TurnMarksOptions`. */
  continues?: boolean;
};

/** The marks of a viewer of the turn: with the gateway's own drafts, cursors and frames, in memory. */
export function view(course: Course, options: ViewerOptions = {}): Batch[] {
  const { joins = 0, flushes = () => true } = options;
  const gateway = createGateway();
  const watch = createWatch(course, options);
  const earlier = course.happenings.slice(0, joins);
  for (const each of earlier) gateway.apply(each);
  for (const frame of gateway.join()) watch.take(frame, joins);
  watch.waits(earlier.at(-1), joins);
  for (const [n, each] of course.happenings.entries()) {
    if (n < joins || watch.ended) continue;
    gateway.apply(each);
    if (each.type === 'event') for (const frame of gateway.land(each.entry)) watch.take(frame, n + 1);
    else if (each.type === 'waits' || flushes(n)) for (const frame of gateway.flush()) watch.take(frame, n + 1);
    watch.waits(each, n + 1);
  }
  return watch.batches;
}

/** Makes marks of frames, and knows when the reply is over. */
function createWatch({ happenings, end: turnEnd }: Course, options: ViewerOptions) {
  const { joins = 0, cursor = null, endsWaiting = false, endsEarly = false, continues = true } = options;
  const marks = createTurnMarks({ turnId, epochs: epochsAt(happenings.slice(0, joins)), cursor, continues });
  const batches: Batch[] = [{ marks: marks.begin(), happened: joins }];
  const landings = happenings.filter(isLanding).length;
  const lands = turnEnd.status === 'completed';
  let landed = 0;
  let ended = false;

  function send(found: Mark[], happened: number) {
    if (found.length > 0) batches.push({ marks: found, happened });
  }
  function end(how: TurnEnd, happened: number) {
    send(marks.end(how), happened);
    ended = true;
  }

  return {
    batches,
    get ended() {
      return ended;
    },
    take(frame: ViewerFrame, happened: number) {
      if (ended) return;
      send(marks.take(frame), happened);
      if (frame.type !== 'event') return;
      if (frame.kind === 'turn_completed') return end(turnEnd, happened);
      if (frame.kind === 'assistant_turn') landed += 1;
      if (frame.kind === 'assistant_turn' && endsEarly && lands && landed === landings) end(turnEnd, happened);
    },
    waits(happening: Happening | undefined, happened: number) {
      if (ended || happening?.type !== 'waits' || happening.calls.length === 0) return;
      send(marks.approval(happening.calls), happened);
      if (endsWaiting) end({ status: 'waiting' }, happened);
    },
  };
}

export const marksOf = (batches: readonly Batch[]): Mark[] => batches.flatMap(({ marks }) => marks);

const isLanding = (each: Happening) => each.type === 'event' && each.entry.event.kind === 'assistant_turn';

/** By beat, the epoch of its draft's row. */
function epochsAt(happened: readonly Happening[]): ReadonlyMap<number, number> {
  const epochs = new Map<number, number>();
  const raise = (beat: number, epoch: number) => epochs.set(beat, Math.max(epoch, epochs.get(beat) ?? 0));
  for (const each of happened) {
    if (each.type === 'token') raise(each.token.beat, each.token.epoch);
    if (each.type === 'event' && each.entry.event.kind === 'assistant_turn')
      raise(each.entry.event.data.beat, each.entry.epoch);
  }
  return epochs;
}

/** One chat of the gateway with one viewer. */
function createGateway() {
  const drafts = createDraftsInFlight({
    now: () => 0,
    onGap: () => undefined,
    onMismatch: () => undefined,
  });
  const delivered: DeliveredDrafts = new Map();
  const log: FeedEvent[] = [];
  let newest: FeedEvent | null = null;

  function* framesOf(joining: boolean): Generator<ViewerFrame> {
    for (const draft of drafts.buffers()) {
      for (let frame = next(); frame; frame = next()) yield frame;
      function next() {
        return nextDraftFrame(delivered, draft, joining);
      }
    }
  }

  function* landing(entry: FeedEvent, joinedAtSeq: number): Generator<ViewerFrame> {
    const before = () => nextFrameBefore(delivered, entry, joinedAtSeq);
    for (let frame = before(); frame; frame = before()) yield frame;
    yield toEventFrame(entry.event);
    forgetEnded(delivered, entry.event);
  }

  return {
    apply(each: Happening) {
      switch (each.type) {
        case 'token':
          return void drafts.applyToken(each.token);
        case 'step':
          return void drafts.applyStep(each.step);
        case 'event':
          newest = drafts.applyEvent(each.entry);
          return void log.push(each.entry);
        case 'waits':
          return;
      }
    },
    *join(): Generator<ViewerFrame> {
      const joinedAtSeq = log.at(-1)?.event.seq ?? 0;
      for (const entry of log) yield* landing(entry, joinedAtSeq);
      yield* framesOf(true);
    },
    flush: () => framesOf(false),
    land: (entry: FeedEvent) => landing(newest ?? entry, -1),
  };
}
