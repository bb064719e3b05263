import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { foldMarks, type LogLine, type Versions } from './marks.js';

type Line = LogLine extends infer L ? (L extends unknown ? Omit<L, 'seq'> : never) : never;

const log = (...lines: Line[]): LogLine[] => lines.map((line, i) => ({ ...line, seq: i + 1 }) as LogLine);
const event = (
  kind: 'user_turn' | 'user_turn_edit' | 'user_turn_parsed' | 'assistant_turn' | 'edge_update',
  turnId: string,
) => ({ kind, turnId }) satisfies Line;
const created: Line = { kind: 'chat_created', turnId: null };
const rewound = (toSeq: number): Line => ({ kind: 'chat_rewound', turnId: null, data: { toSeq } });
const undone = (rewindSeq: number): Line => ({ kind: 'rewind_undone', turnId: null, data: { rewindSeq } });
const superseded = (turnId: string, by: string): Line => ({
  kind: 'turn_superseded',
  turnId: by,
  data: { turnId, by },
});
const activated = (turnId: string): Line => ({ kind: 'version_activated', turnId, data: { turnId } });
const rolledBack = (turnId: string): Line => ({ kind: 'turn_rolled_back', turnId, data: { turnId } });

/** `a` was regenerated as `r` with the same prose, and as `e` with new prose; `h` is an edit of `r` by hand. */
const turns: Versions = new Map([
  ['a', { rootId: 'a', proseId: 'a', effectsId: 'a' }],
  ['r', { rootId: 'a', proseId: 'a', effectsId: 'r' }],
  ['e', { rootId: 'a', proseId: 'e', effectsId: 'e' }],
  ['h', { rootId: 'a', proseId: 'a', effectsId: 'r' }],
  ['b', { rootId: 'b', proseId: 'b', effectsId: 'b' }],
]);

const timeline = (lines: LogLine[]) => {
  const marks = foldMarks(lines, turns);
  return lines.flatMap(({ seq }) => {
    const { hiddenBy, supersededBy } = marks.get(seq)!;
    return hiddenBy === null && supersededBy === null ? [seq] : [];
  });
};

const replied = [created, event('user_turn', 'a'), event('assistant_turn', 'a'), event('edge_update', 'a')];
const regenerated = [...replied, superseded('a', 'r'), event('assistant_turn', 'r')];
const edited = [...replied, event('user_turn_edit', 'e'), superseded('a', 'e'), event('assistant_turn', 'e')];

describe('the marks of a log', () => {
  it('supersede a reply and its effects when another version lands, but not its user turn', () => {
    expect(timeline(log(...regenerated))).toEqual([1, 2, 5, 6]);
    expect(foldMarks(log(...regenerated), turns).get(4)).toEqual({ hiddenBy: null, supersededBy: 5 });
  });

  it('supersede the user turn and its parse too when a version has an edited user turn', () => {
    const lines = log(...edited, event('user_turn_parsed', 'a'), event('user_turn_parsed', 'e'));
    expect(timeline(lines)).toEqual([1, 5, 6, 7, 9]);
  });

  it('restore what followed an edited message when its old version is active again and the rewind is undone', () => {
    const followed = [...replied, event('user_turn', 'b'), event('assistant_turn', 'b')];
    const asNew = [rewound(4), event('user_turn_edit', 'e'), superseded('a', 'e'), event('assistant_turn', 'e')];
    expect(timeline(log(...followed, ...asNew))).toEqual([1, 7, 8, 9, 10]);
    const back = [...followed, ...asNew, activated('a'), undone(7)];
    expect(timeline(log(...back))).toEqual([1, 2, 3, 4, 5, 6, 7, 9, 11, 12]);
  });

  it('supersede the reply that was edited by hand, but not its effects, which the version by hand shares', () => {
    const byHand = [...regenerated, event('edge_update', 'r'), superseded('r', 'h'), event('assistant_turn', 'h')];
    expect(timeline(log(...byHand))).toEqual([1, 2, 5, 7, 8, 9]);
    expect(timeline(log(...byHand, activated('r')))).toEqual([1, 2, 5, 6, 7, 8, 10]);
    expect(timeline(log(...byHand, activated('a')))).toEqual([1, 2, 3, 4, 5, 8, 10]);
    expect(timeline(log(...byHand, activated('a'), activated('h')))).toEqual([1, 2, 5, 7, 8, 9, 10, 11]);
  });

  it('supersede nothing for a version that has not landed', () => {
    expect(timeline(log(...replied, event('edge_update', 'r')))).toEqual([1, 2, 3, 4, 5]);
  });

  it('supersede the parse of an edited user turn whose version ended without landing', () => {
    const lines = [...replied, event('user_turn_parsed', 'e')];
    expect(timeline(log(...lines))).toEqual([1, 2, 3, 4, 5]);
    const ended = log(...lines, { kind: 'turn_completed', turnId: 'e' });
    expect(timeline(ended)).toEqual([1, 2, 3, 4, 6]);
    expect(foldMarks(ended, turns).get(5)).toEqual({ hiddenBy: null, supersededBy: 6 });
    expect(timeline(log(...edited, event('user_turn_parsed', 'e'), { kind: 'turn_completed', turnId: 'e' }))).toContain(
      8,
    );
  });

  it('restore an activated version with its user turn, and name the activation as what superseded the other', () => {
    const lines = log(...edited, activated('a'));
    expect(timeline(lines)).toEqual([1, 2, 3, 4, 6, 8]);
    expect(foldMarks(lines, turns).get(7)).toEqual({ hiddenBy: null, supersededBy: 8 });
    expect(timeline(log(...edited, activated('a'), activated('e')))).toEqual([1, 5, 6, 7, 8, 9]);
  });

  it('keep the first mark of a superseded version, however often others are activated', () => {
    const lines = log(...regenerated, superseded('r', 'e'), event('assistant_turn', 'e'), activated('r'));
    expect(foldMarks(lines, turns).get(3)?.supersededBy).toBe(5);
  });

  it('restore the old version when its regeneration is rewound, and the new one when the rewind is undone', () => {
    expect(timeline(log(...regenerated, rewound(4)))).toEqual([1, 2, 3, 4, 7]);
    expect(timeline(log(...regenerated, rewound(4), undone(7)))).toEqual([1, 2, 5, 6, 7, 8]);
  });

  it('never hide the first event, and no rewind by itself', () => {
    expect(timeline(log(...replied, rewound(1)))).toEqual([1, 5]);
  });

  it('name the first rewind that hid an event', () => {
    const lines = log(...replied, rewound(3), rewound(1));
    expect([2, 3, 4, 5].map((seq) => foldMarks(lines, turns).get(seq)?.hiddenBy)).toEqual([6, 6, 5, 6]);
  });

  it('hide a turn that was rolled back, and restore it when the rollback is rewound', () => {
    const lines = [...replied, rolledBack('a'), event('user_turn', 'b')];
    expect(timeline(log(...lines))).toEqual([1, 5, 6]);
    expect(timeline(log(...lines, rewound(3)))).toEqual([1, 2, 3, 7]);
  });

  it('restore the old version when the new one is rolled back', () => {
    expect(timeline(log(...regenerated, rolledBack('r')))).toEqual([1, 2, 3, 4, 7]);
  });
});

const id = fc.constantFrom('a', 'r', 'e', 'b');
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('user_turn', 'assistant_turn', 'edge_update'), id) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('superseded', 'activated', 'rolled back'), id) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('rewound', 'rewound and undone'), fc.nat()) },
);

/** Any log: rewinds to points that there are, an undo right after its rewind. */
const anyLog = fc.array(line, { maxLength: 40 }).map((steps) => {
  const lines: Line[] = [created];
  for (const [what, which] of steps) {
    if (typeof which === 'number') {
      lines.push(rewound(1 + (which % lines.length)));
      if (what === 'rewound and undone') lines.push(undone(lines.length));
    } else if (what === 'superseded') lines.push(superseded('a', which));
    else if (what === 'activated') lines.push(activated(which));
    else if (what === 'rolled back') lines.push(rolledBack(which));
    else lines.push(event(what as 'user_turn' | 'assistant_turn' | 'edge_update', which));
  }
  return lines;
});

describe('the marks of any log', () => {
  it('are the same after an undo as before the rewind', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(), (lines, point) => {
        const before = foldMarks(log(...lines), turns);
        const after = foldMarks(log(...lines, rewound(1 + (point % lines.length)), undone(lines.length + 1)), turns);
        expect([...after].slice(0, lines.length)).toEqual([...before]);
      }),
    );
  });

  it('name only events that mark others, and as hiding events only later ones', () => {
    fc.assert(
      fc.property(anyLog, (lines) => {
        const all = log(...lines);
        for (const [seq, { hiddenBy, supersededBy }] of foldMarks(all, turns)) {
          if (hiddenBy !== null) expect(hiddenBy).toBeGreaterThan(seq);
          if (hiddenBy !== null) expect(all[hiddenBy - 1]?.kind).toMatch(/chat_rewound|turn_rolled_back/);
          if (supersededBy !== null) expect(all[supersededBy - 1]?.kind).toMatch(/turn_superseded|version_activated/);
        }
      }),
    );
  });

  it('after a rewind are as if nothing followed its point, if that point was in the timeline', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(), (lines, point) => {
        const toSeq = 1 + (point % lines.length);
        const hiddenBefore = foldMarks(log(...lines), turns).get(toSeq)?.hiddenBy ?? null;
        fc.pre(hiddenBefore === null && !rewoundAcross(lines, toSeq));
        const then = foldMarks(log(...lines.slice(0, toSeq)), turns);
        const after = foldMarks(log(...lines, rewound(toSeq)), turns);
        expect([...after].slice(0, toSeq)).toEqual([...then]);
      }),
    );
  });
});

/** Whether a rewind is parted from its undoing by the point, or one after it stands that goes back beyond it. */
const rewoundAcross = (lines: Line[], toSeq: number) =>
  lines.some((line, i) => {
    if (line.kind !== 'chat_rewound') return false;
    const isUndone = lines[i + 1]?.kind === 'rewind_undone';
    return isUndone ? i + 1 === toSeq : i + 1 > toSeq && line.data.toSeq < toSeq;
  });
