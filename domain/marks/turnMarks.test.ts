import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AgentStep } from '../log/events.js';
import type { ViewerFrame } from '../log/frames.js';
import { at, cursorAtEnd, cursorIn, cursorOf, type MarkCursor, packCursor, textAfter, unpackCursor } from './cursor.js';
import type { Mark, MarkItem } from './mark.js';
import { createTurnMarks } from './turnMarks.js';

const turnId = 'turn_1';
const speakerId = 'char_1';

type Channel = 'text' | 'thinking';
const token = (epoch: number, channel: Channel, offset: number, text: string, beat = 0): ViewerFrame => ({
  type: 'token',
  turnId,
  beat,
  epoch,
  speakerId,
  channel,
  offset,
  text,
});
const restart = (epoch: number): ViewerFrame => ({ type: 'restart', turnId, beat: 0, epoch, reason: 'worker_lost' });
const landed = (text: string, steps?: AgentStep[], beat = 0): ViewerFrame =>
  ({
    type: 'event',
    seq: 3 + beat,
    kind: 'assistant_turn',
    turnId,
    at: '2026-01-01T00:00:00.000Z',
    data: { speakerId, beat, text, truncated: false, userTurnSeq: 2, model: 'm', ...(steps ? { steps } : {}) },
  }) as ViewerFrame;

const marksOf = (frames: ViewerFrame[], options: Partial<Parameters<typeof createTurnMarks>[0]> = {}): Mark[] => {
  const marks = createTurnMarks({ turnId, ...options });
  return [...marks.begin(), ...frames.flatMap((frame) => marks.take(frame)), ...marks.end({ status: 'completed' })];
};

/** What a client has after marks, held against what marks promise. */
function show(marks: readonly Mark[]) {
  const items: { item: MarkItem; text: string; closed: boolean; voided: boolean }[] = [];
  const found = (item: MarkItem) => {
    const entry = items[item.ordinal];
    if (!entry) throw new Error(`item ${item.ordinal} did not open`);
    return entry;
  };
  for (const mark of marks) {
    if (mark.type === 'itemOpened') {
      expect(mark.item.ordinal).toBe(items.length);
      expect(items.every(({ closed }) => closed)).toBe(true);
      items.push({ item: mark.item, text: '', closed: false, voided: false });
    }
    if (mark.type === 'text') {
      const entry = found(mark.item);
      expect([entry.closed, entry.text.length]).toEqual([false, mark.from]);
      entry.text += mark.text;
      expect(entry.text).toHaveLength(mark.to);
    }
    if (mark.type === 'itemClosed') {
      const entry = found(mark.item);
      expect(entry.closed).toBe(false);
      if (mark.text !== '') expect(mark.text).toBe(entry.text);
      entry.closed = true;
    }
    if (mark.type === 'voided') for (const item of mark.items) found(item).voided = true;
  }
  expect(items.every(({ closed }) => closed)).toBe(true);
  return items;
}

const shownTexts = (marks: readonly Mark[], kind: Channel = 'text') =>
  show(marks).flatMap(({ item, text, voided }) => (item.kind === kind && !voided ? [text] : []));

describe('the marks of a turn', () => {
  test('are one item for a reply that arrives in pieces', () => {
    const marks = marksOf([token(1, 'text', 0, 'Good '), token(1, 'text', 5, 'evening.'), landed('Good evening.')]);
    expect(marks.map(({ type }) => type)).toEqual([
      'opened',
      'itemOpened',
      'text',
      'text',
      'itemClosed',
      'beatLanded',
      'ended',
    ]);
    expect(shownTexts(marks)).toEqual(['Good evening.']);
  });

  test('of a beat that landed before the viewer came are the whole text', () => {
    expect(shownTexts(marksOf([landed('Good evening.')]))).toEqual(['Good evening.']);
  });

  test('continue the item where the next draft repeats what was shown', () => {
    const marks = marksOf([
      token(1, 'text', 0, 'Good eve'),
      restart(2),
      token(2, 'text', 0, 'Good '),
      token(2, 'text', 5, 'evening'),
      landed('Good evening.'),
    ]);
    expect(marks.filter(({ type }) => type === 'voided')).toEqual([]);
    expect(shownTexts(marks)).toEqual(['Good evening.']);
  });

  test('void the item where the next draft differs, and open another', () => {
    const marks = marksOf([
      token(1, 'text', 0, 'Good eve'),
      restart(2),
      token(2, 'text', 0, 'Good day.'),
      landed('Good day.'),
    ]);
    const items = show(marks);
    expect(items.map(({ text, voided }) => [text, voided])).toEqual([
      ['Good eve', true],
      ['Good day.', false],
    ]);
  });

  test('void a draft of which the log keeps nothing', () => {
    expect(shownTexts(marksOf([token(1, 'text', 0, 'Good eve'), restart(2)]))).toEqual([]);
  });

  test('of a turn that waits for a person keep what it has said', () => {
    const marks = createTurnMarks({ turnId });
    const seen = [...marks.begin(), ...marks.take(token(1, 'text', 0, 'May I?')), ...marks.end({ status: 'waiting' })];
    expect(shownTexts(seen)).toEqual(['May I?']);
  });

  test('leave out thinking that follows the text of a reply without steps', () => {
    const frames = [
      token(1, 'thinking', 0, 'Hm.'),
      token(1, 'text', 0, 'Yes.'),
      token(1, 'thinking', 3, ' Right?'),
      landed('Yes.'),
    ];
    expect(shownTexts(marksOf(frames))).toEqual(['Yes.']);
    expect(shownTexts(marksOf(frames), 'thinking')).toEqual(['Hm.']);
  });

  test('have an item for each beat', () => {
    const marks = marksOf([landed('One.'), token(1, 'text', 0, 'Two.', 1), landed('Two.', undefined, 1)]);
    expect(shownTexts(marks)).toEqual(['One.', 'Two.']);
  });

  test('have items for the thoughts, texts, calls and results of an agent, in their order', () => {
    const steps: AgentStep[] = [
      { id: 's0', index: 0, type: 'thinking', content: 'Hm.' },
      { id: 's1', index: 1, type: 'tool_call', callId: 'c1', name: 'calculate', arguments: { expression: '1+1' } },
      { id: 's2', index: 2, type: 'tool_result', callId: 'c1', name: 'calculate', content: '2', success: true },
      { id: 's3', index: 3, type: 'text', content: 'Two.' },
    ];
    const kinds = show(marksOf([landed('Two.', steps)])).map(({ item }) => item.kind);
    expect(kinds).toEqual(['thinking', 'call', 'result', 'text']);
  });
});

/** The text behind a number of a viewer that reads all marks again, one character at a time, as helpers of clients do. */
function textBehind(number: number, frames: ViewerFrame[], epoch: number): string {
  return marksOf(frames, { epochs: new Map([[0, epoch]]) })
    .flatMap((mark) => (mark.type === 'text' && mark.item.kind === 'text' ? [mark] : []))
    .flatMap(({ item, from, text }) =>
      [...text].map((each, n) => ({ each, number: packCursor(cursorIn(item, at.text(from + n + 1))) })),
    )
    .filter((each) => each.number > number)
    .map(({ each }) => each)
    .join('');
}

const lastNumber = (frames: ViewerFrame[]): number => {
  const marks = createTurnMarks({ turnId });
  const cursors = [...marks.begin(), ...frames.flatMap((frame) => marks.take(frame))].flatMap(
    (mark) => cursorOf(mark) ?? [],
  );
  return packCursor(cursors.at(-1)!);
};

describe('a viewer that reads all marks again and drops those up to its number', () => {
  test('gets the whole text when it had a lost draft', () => {
    const seen = lastNumber([token(1, 'text', 0, 'Good evening, all of you.')]);
    expect(textBehind(seen, [landed('Good day.')], 2)).toBe('Good day.');
  });

  test('gets the rest of the text when it had a lost draft and a part of the next one', () => {
    const seen = lastNumber([token(1, 'text', 0, 'Good eve'), restart(2), token(2, 'text', 0, 'Good day')]);
    expect(textBehind(seen, [landed('Good day.')], 2)).toBe('.');
  });

  test('gets the rest of the text when it had thinking that the log does not have', () => {
    const seen = lastNumber([token(1, 'thinking', 0, 'Hm, a greeting.'), token(1, 'text', 0, 'Good ')]);
    expect(textBehind(seen, [landed('Good day.')], 1)).toBe('day.');
  });
});

describe('the marks of drafts with items of their own', () => {
  const continues = false;
  const epochs = new Map([[0, 3]]);
  /** The items in the end, with the numbers of their openings less what depends on lost drafts. */
  const lasting = (marks: readonly Mark[]) =>
    show(marks).flatMap(({ item: { key, kind, epoch }, text, voided }) => (voided ? [] : [{ key, kind, epoch, text }]));

  test('close an item when its draft is lost, also where the next one repeats it', () => {
    const frames = [token(1, 'text', 0, 'Good'), restart(3), token(3, 'text', 0, 'Good day.'), landed('Good day.')];
    const marks = marksOf(frames, { continues });
    expect(show(marks).map(({ item, text, voided }) => [item.key, text, voided])).toEqual([
      ['1_1', 'Good', true],
      ['1_3', 'Good day.', false],
    ]);
    expect(lasting(marks)).toEqual(lasting(marksOf([landed('Good day.')], { continues, epochs })));
  });

  test('keep the calls of an agent and what it said before them, by the drafts in which that began', () => {
    const call: AgentStep = { id: 's1', index: 1, type: 'tool_call', callId: 'c1', name: 'calculate', arguments: {} };
    const result: AgentStep = { ...call, id: 's2', index: 2, type: 'tool_result', content: '2', success: true };
    const begun = (index: number, epoch: number): AgentStep => ({
      id: epoch > 1 ? `turn_1:${index}.${epoch}` : `turn_1:${index}`,
      index,
      type: 'text',
    });
    const step = (each: AgentStep): ViewerFrame => ({ type: 'step', turnId, step: each });
    const draft = (epoch: number, last: string): ViewerFrame[] => [
      step(begun(0, 1)),
      token(epoch, 'text', 0, 'I add.'),
      step(call),
      step(result),
      step(begun(3, epoch)),
      token(epoch, 'text', 6, last),
    ];
    const steps = [{ ...begun(0, 1), content: 'I add.' }, call, result, { ...begun(3, 3), content: 'Two.' }];
    const end = landed('I add.Two.', steps);
    const stayed = marksOf([...draft(1, 'Tw'), restart(3), ...draft(3, 'Two.'), end], { continues });
    expect(lasting(stayed).map(({ key }) => key)).toEqual(['0_1', '1', '2', '3_3']);
    expect(show(stayed).filter(({ voided }) => voided)).toHaveLength(1);
    expect(lasting(marksOf([end], { continues, epochs }))).toEqual(lasting(stayed));
    expect(lasting(marksOf([...draft(3, 'Two.'), end], { continues, epochs }))).toEqual(lasting(stayed));
  });
});

const thought = (content: string): AgentStep => ({ id: 's0', index: 0, type: 'thinking', content });
const said = (content: string): AgentStep => ({ id: 's1', index: 1, type: 'text', content });

describe('the marks for a viewer that comes back with a cursor', () => {
  const behind = (cursor: MarkCursor, marks: readonly Mark[]) =>
    marks.filter((mark) => packCursor(cursorOf(mark) ?? cursorAtEnd) > packCursor(cursor));

  test('open no item again that it has, when the draft of an agent was lost', () => {
    const item = { base: 0, slot: 1, kind: 'text', epoch: 2 } as const;
    const cursor: MarkCursor = { ...item, place: 2, at: at.text(4) };
    const steps = [thought('Hm.'), said('Two.')].map((step) => ({ ...step, id: `turn_1:${step.index}.2` }));
    const rest = marksOf([landed('Two.', steps)], { cursor, epochs: new Map([[0, 2]]) });
    const opened = behind(cursor, rest).flatMap((mark) => (mark.type === 'itemOpened' ? [mark.item.ordinal] : []));
    expect(opened).toEqual([2, 3]);
  });

  test.each(['text', 'thinking', 'call', 'result'] as const)('close its %s when the turn ends without it', (kind) => {
    const cursor: MarkCursor = { place: 1, base: 0, slot: 1, kind, epoch: 2, at: at.opened(1) };
    const marks = createTurnMarks({ turnId, cursor });
    const rest = behind(cursor, [...marks.begin(), ...marks.end({ status: 'failed' })]);
    expect(rest.map(({ type }) => type)).toEqual(['itemClosed', 'voided', 'ended']);
  });
});

/** A run of a reply: the frames of a viewer that is there from the start, and the state at each of them. */
type Course = { frames: ViewerFrame[]; text: string };

const word = fc.constantFrom('a', 'bc', ' ', 'def. ', '\n', '😀');
const anyText = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(''));

const pieces = (epoch: number, text: string, cuts: number[]): ViewerFrame[] => {
  const ends = [...new Set([...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b);
  return ends.flatMap((end, n) => {
    const from = ends[n - 1] ?? 0;
    return end > from ? [token(epoch, 'text', from, text.slice(from, end))] : [];
  });
};

const course: fc.Arbitrary<Course> = fc
  .record({
    text: anyText,
    drafts: fc.array(fc.record({ keeps: fc.nat(40), differs: fc.oneof(anyText, fc.constant('')) }), { maxLength: 3 }),
    cuts: fc.array(fc.nat(40), { maxLength: 5 }),
  })
  .map(({ text, drafts, cuts }) => {
    const lost = drafts
      .map(({ keeps, differs }) => text.slice(0, keeps % (text.length + 1)) + differs)
      .filter((draft) => draft !== '');
    const frames = [...lost, text].flatMap((draft, n) => [
      ...(n > 0 ? [restart(n + 1)] : []),
      ...pieces(n + 1, draft, cuts),
    ]);
    return { frames: [...frames, landed(text)], text };
  });

/** The frames of a viewer that joins after `count` of the frames: the draft so far, then the rest. */
function joinedAfter({ frames }: Course, count: number): ViewerFrame[] {
  const before = frames.slice(0, count);
  if (before.some(({ type }) => type === 'event')) return frames.slice(-1);
  const spoken = before.flatMap((frame) => (frame.type === 'token' ? [frame] : []));
  const epoch = spoken.at(-1)?.epoch;
  const text = spoken.flatMap((each) => (each.epoch === epoch ? [each.text] : [])).join('');
  return [
    ...(epoch ? [{ ...token(epoch, 'text', 0, text), type: 'draft' } as ViewerFrame] : []),
    ...frames.slice(count),
  ];
}

describe('for any course of a reply', () => {
  test('the marks that are not void are its text', () => {
    fc.assert(fc.property(course, ({ frames, text }) => expect(shownTexts(marksOf(frames))).toEqual([text])));
  });

  test('the numbers of cursors increase, and a number gives its cursor back', () => {
    fc.assert(
      fc.property(course, ({ frames }) => {
        const cursors = marksOf(frames).flatMap((mark) => cursorOf(mark) ?? []);
        const numbers = cursors.map(packCursor);
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        expect(numbers.map(unpackCursor)).toEqual(cursors);
      }),
    );
  });

  test('a viewer that comes back with any cursor ends with its text', () => {
    fc.assert(
      fc.property(course, fc.nat(60), fc.nat(60), (run, leaves, later) => {
        const epochs = new Map([[0, run.frames.filter(({ type }) => type === 'restart').length + 1]]);
        const left = leaves % (run.frames.length + 1);
        const first = createTurnMarks({ turnId });
        const seen = [...first.begin(), ...run.frames.slice(0, left).flatMap((frame) => first.take(frame))];
        const last = seen.flatMap((mark) => cursorOf(mark) ?? []).at(-1) ?? null;
        const cursor = last && unpackCursor(packCursor(last));

        const joins = Math.min(run.frames.length, left + (later % 5));
        const rest = marksOf(joinedAfter(run, joins), { cursor, epochs });
        const number = last ? packCursor(last) : -1;
        const unseen = rest.flatMap((mark): Mark[] => {
          if (mark.type === 'text') return [textAfter(cursor, mark) ?? []].flat();
          const own = cursorOf(mark);
          return own && packCursor(own) <= number ? [] : [mark];
        });
        expect(shownTexts([...seen, ...unseen])).toEqual([run.text]);
      }),
      { numRuns: 400 },
    );
  });
});
