import fc from 'fast-check';
import type { AgentStep } from '../../../../domain/log/events.js';
import type { TurnEnd } from '../../../../domain/marks/mark.js';
import { createWorker, type Draft, type Happening, type Worker } from './worker.js';

/** A turn as the log has it in the end, and how it came there. */
export type Course = {
  happenings: readonly Happening[];
  /** The text of each beat in the log. */
  texts: readonly string[];
  end: TurnEnd;
};

const word = fc.constantFrom('a', 'bc', ' ', 'def. ', '\n', '😀', '"', '\\', 'é', '\u2028', 'data: x\n\n', '[DONE]');
export const someText = (maxLength = 8) => fc.array(word, { minLength: 1, maxLength }).map((words) => words.join(''));
const maybeText = fc.oneof({ weight: 2, arbitrary: someText(4) }, fc.constant(''));
const cuts = fc.array(fc.nat(40), { maxLength: 5 });

/** The places where a text is cut into tokens, never within a surrogate pair. */
export function piecesOf(text: string, at: readonly number[]): { offset: number; text: string }[] {
  const isWithinPair = (place: number) => /[\ud800-\udbff]/.test(text[place - 1] ?? '');
  const places = at.map((cut) => cut % (text.length + 1)).filter((place) => place > 0 && !isWithinPair(place));
  const ends = [...new Set([...places, text.length])].sort((a, b) => a - b);
  return ends.map((end, n) => ({ offset: ends[n - 1] ?? 0, text: text.slice(ends[n - 1] ?? 0, end) }));
}

/** At most `length` code units of a text, without half a character at its end. */
export function cutText(text: string, length: number): string {
  const cut = text.slice(0, length);
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** A draft that is lost: the beginning of the reply, or something else. */
const lostDraft = fc.record({ keeps: fc.nat(40), differs: maybeText });

/** `settled`: no lost attempt may have sent more than is kept. */
const less = { keeps: fc.nat(40), settled: fc.boolean() };

export const ending = fc.oneof(
  { weight: 6, arbitrary: fc.record({ how: fc.constant('whole' as const) }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('stopped' as const), ...less }) },
  {
    weight: 1,
    arbitrary: fc.record({
      how: fc.constant('cut' as const),
      code: fc.constantFrom('length', 'content_filter', 'reply_timeout'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('failed' as const), ...less }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('nothing' as const), fails: fc.boolean() }) },
);
export type Ending = typeof ending extends fc.Arbitrary<infer T> ? T : never;

const failure = { code: 'stream_broken' as const, message: 'The provider failed.' };

/** How a turn ends after its last beat. */
export function endOf(how: Ending): TurnEnd {
  switch (how.how) {
    case 'whole':
    case 'cut':
      return { status: 'completed' };
    case 'stopped':
      return { status: 'cancelled' };
    case 'failed':
      return { status: 'failed', error: failure } as TurnEnd;
    case 'nothing':
      return (how.fails ? { status: 'failed', error: failure } : { status: 'cancelled' }) as TurnEnd;
  }
}

/** Lands a beat of which `received` was streamed, with what was kept of it. Returns the text of the log, null for none. */
export function land(
  worker: Worker,
  draft: Draft,
  received: string,
  how: Ending,
  stepsOf: (epoch: number) => AgentStep[] = () => [],
): string | null {
  const withSteps = (epoch: number) => {
    const steps = stepsOf(epoch);
    return steps.length > 0 ? { steps } : {};
  };
  switch (how.how) {
    case 'whole':
      worker.lands(draft, { text: received, truncated: false, ...withSteps(draft.epoch) });
      return received;
    case 'cut':
      worker.lands(draft, {
        text: received,
        truncated: true,
        error: { code: how.code, message: 'cut' },
        ...withSteps(draft.epoch),
      });
      return received;
    case 'stopped':
    case 'failed': {
      const text = cutText(received, how.keeps);
      const error = how.how === 'failed' ? { error: failure } : {};
      // Where viewers may have received more than is kept, the epoch is raised.
      const epoch = how.settled && text === received ? draft.epoch : draft.epoch + 1;
      const more = withSteps(epoch);
      if (text === '' && how.how === 'stopped' && !('steps' in more)) return null;
      worker.lands({ ...draft, epoch }, { text, truncated: true, ...error, ...more });
      return text;
    }
    case 'nothing':
      return null;
  }
}

const beat = fc.record({
  text: maybeText,
  thinking: maybeText,
  after: maybeText,
  drafts: fc.array(lostDraft, { maxLength: 3 }),
  cuts,
  ending,
});
type Beat = typeof beat extends fc.Arbitrary<infer T> ? T : never;

/** Streams one draft of a beat. */
function stream(worker: Worker, draft: Draft, texts: { thinking: string; text: string; after: string }, at: number[]) {
  for (const { offset, text } of piecesOf(texts.thinking, at)) worker.token(draft, 'thinking', offset, text);
  for (const { offset, text } of piecesOf(texts.text, at)) worker.token(draft, 'text', offset, text);
  worker.token(draft, 'thinking', texts.thinking.length, texts.after);
}

function speak(worker: Worker, n: number, { text, thinking, after, drafts, cuts: at, ending: how }: Beat) {
  const speakerId = `char_${n}`;
  const lost = drafts
    .map(({ keeps, differs }) => cutText(text, keeps) + differs)
    .filter((draft) => draft !== '')
    .map((draft, nth) => ({ text: draft, thinking: nth % 2 === 0 ? thinking : '', after: '' }));
  for (const [nth, each] of lost.entries()) stream(worker, { beat: n, epoch: nth + 1, speakerId }, each, at);
  const draft = { beat: n, epoch: lost.length + 1, speakerId };
  stream(worker, draft, { text, thinking, after }, at);
  return land(worker, draft, text, how);
}

/** A turn of one or two characters, who think and speak. */
export const spokenTurn: fc.Arbitrary<Course> = fc
  .tuple(beat, fc.option(beat, { nil: null }))
  .map(([first, second]) => {
    const worker = createWorker();
    const texts = [speak(worker, 0, first)];
    const answers = second !== null && first.ending.how === 'whole';
    if (answers) texts.push(speak(worker, 1, second));
    const end = endOf(answers ? second.ending : first.ending);
    worker.ends(end);
    return { happenings: worker.happenings, texts: texts.filter((text) => text !== null), end };
  });
