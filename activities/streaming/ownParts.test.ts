import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { speakerNames } from '../../domain/narrative/speakerNames.js';
import { through } from '../../llm/partStage.js';
import type { ReplyPart } from '../../llm/port.js';
import { createOwnParts } from './ownParts.js';

const person = (id: string, name: string) => ({ id, name, persona: '' });
const names = speakerNames({ you: person('you', 'Tom'), host: person('a', 'Mira'), guest: null, speakerId: 'a' });
const finish: ReplyPart = { type: 'finish', reason: 'length', usage: null, model: 'm' };

const delta = (text: string, sequence?: number, channel: 'text' | 'thinking' = 'text'): ReplyPart => ({
  type: 'delta',
  channel,
  text,
  ...(sequence === undefined ? {} : { sequence }),
});

async function collect(parts: ReplyPart[], options: { before?: string; cancel?: (id: string) => void } = {}) {
  let read = 0;
  async function* stream() {
    for (const part of parts) {
      read += 1;
      yield part;
    }
  }
  const passed: ReplyPart[] = [];
  for await (const part of through(stream(), createOwnParts({ names, model: 'm', before: '', ...options })))
    passed.push(part);
  return { passed, read };
}

const textOf = (parts: ReplyPart[]) =>
  parts.map((part) => (part.type === 'delta' && part.channel === 'text' ? part.text : '')).join('');

describe('the parts of a reply', () => {
  test('end before a line of another participant: the stream is not read on, and the response is cancelled', async () => {
    const cancelled: string[] = [];
    const parts: ReplyPart[] = [
      { type: 'response', id: 'resp_1' },
      delta('Mira: Good'),
      delta(' evening.\nTom'),
      delta(': Hi!'),
      delta(' more'),
      finish,
    ];
    const { passed, read } = await collect(parts, { cancel: (id) => cancelled.push(id) });
    expect(passed).toEqual([
      { type: 'response', id: 'resp_1' },
      delta('Good'),
      delta(' evening.'),
      { type: 'finish', reason: 'stop', usage: null, model: 'm' },
    ]);
    expect(read).toBe(4);
    expect(cancelled).toEqual(['resp_1']);
  });

  test('begin with the speaker again where the text so far was thinking', async () => {
    const parts = [
      delta('Mira: Hm.\n'),
      delta('Tom'),
      { type: 'text_was_thinking' } as const,
      delta('Mira: Yes.'),
      finish,
    ];
    const { passed } = await collect(parts);
    expect(passed).toEqual([delta('Hm.'), delta('\nTom'), { type: 'text_was_thinking' }, delta('Yes.'), finish]);
  });

  test('hold what was held back before the finish of the stream', async () => {
    const { passed } = await collect([delta('Good evening.\n'), delta('Tom'), finish]);
    expect(passed).toEqual([delta('Good evening.'), delta('\nTom'), finish]);
  });

  test('with numbers are passed on whole, the last one with the number after which nothing is missing', async () => {
    const parts = [
      delta('Hm', 1, 'thinking'),
      delta('One.\nTo', 2),
      delta('?', 3, 'thinking'),
      delta('day', 4),
      finish,
    ];
    const { passed } = await collect(parts);
    expect(passed).toEqual([
      delta('Hm', 1, 'thinking'),
      delta('?', undefined, 'thinking'),
      delta('One.\nToday', 4),
      finish,
    ]);
  });

  test('give the same text when an attempt resumes after any of their numbers', async () => {
    const piece = fc.constantFrom('Mira', 'Tom', ': ', '**', '\n', ' ', 'Good', 'To');
    const pieces = fc.array(
      fc.tuple(piece, piece).map((both) => both.join('')),
      { minLength: 1, maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(pieces, async (texts) => {
        const parts = [...texts.map((text, n) => delta(text, n)), finish];
        const { passed } = await collect(parts);
        // What ends the reply is not followed by anything that another attempt could read.
        const isCut = passed.at(-1) !== finish;
        let before = '';
        for (const part of isCut ? passed.slice(0, -2) : passed) {
          if (part.type !== 'delta' || part.sequence === undefined) continue;
          before += part.text;
          if (before.trim() === '') continue;
          const resumed = await collect(parts.slice(part.sequence + 1), { before });
          expect(before + textOf(resumed.passed)).toBe(textOf(passed));
        }
      }),
      { numRuns: 150 },
    );
  });
});
