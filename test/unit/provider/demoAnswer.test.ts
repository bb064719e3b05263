import { describe, expect, test } from '@jest/globals';
import type { TurnContext } from '../../../domain/classifiers/classifier.js';
import {
  type ClassifierName,
  classifierNames,
  classifiers,
  parseAnswer,
  toJsonSchema,
} from '../../../domain/classifiers/index.js';
import { demoAnswer } from '../../../scripts/provider/demoAnswer.js';
import { toSegments } from '../../../scripts/provider/segments.js';
import { calls, context } from '../../support/chats/classifierTurn.js';

const turns = Array.from({ length: 60 }, (_, n): TurnContext => ({ ...context, prose: `"Line ${n}." *I nod.*` }));

function ask(name: ClassifierName, turn: TurnContext): unknown {
  const classifier = classifiers[name];
  const raw = JSON.stringify(
    demoAnswer(toJsonSchema(classifier.answer(turn, calls[name])), classifier.messages(turn, calls[name])),
  );
  const parsed = parseAnswer(classifier, turn, calls[name], raw);
  if (!parsed.ok) throw new Error(`${name}: ${parsed.reason}: ${raw}`);
  return parsed.answer;
}

const answers = (name: ClassifierName) => turns.map((turn) => ask(name, turn));
const countOf = (name: ClassifierName, is: (answer: never) => boolean) => (answers(name) as never[]).filter(is).length;

describe('the demo provider as a classifier', () => {
  test.each(classifierNames)('answers %s by its schema, and the same question with the same answer', (name) => {
    expect(answers(name)).toEqual(answers(name));
  });

  test('varies its answers, with rare large effects', () => {
    expect(new Set(answers('state_update').map((answer) => JSON.stringify(answer))).size).toBeGreaterThan(5);
    const interjections = countOf(
      'interjection',
      ({ shouldInterject }: { shouldInterject: boolean }) => shouldInterject,
    );
    const pins = countOf('significance', ({ score }: { score: number }) => score === 3);
    for (const count of [interjections, pins]) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(turns.length / 2);
    }
  });

  test.each([
    ['Tobias, what did Mira tell you?', 'Tobias'],
    ['What do you think of Tobias, Mira?', 'Mira'],
    ['*I turn to Tobias.* Is it true?', 'Tobias'],
    ['Mira!', 'Mira'],
    ['And Tobias?', 'Tobias'],
    ['Is anyone there?', 'Mira'],
  ])('finds who is addressed by the names: %s', (prose, name) => {
    const [host, guest] = [
      { ...context.host, name: 'Mira' },
      { ...context.guest!, name: 'Tobias' },
    ];
    const turn = { ...context, host, guest, prose, dialogue: [], beats: [] };
    const { addresseeId } = ask('addressee', turn) as { addresseeId: string };
    expect(addresseeId).toBe(name === 'Mira' ? host.id : guest.id);
  });

  test('lets the last speaker answer a line without a name', () => {
    const guest = { ...context.guest!, name: 'Tobias' };
    const dialogue = [{ speakerId: guest.id, text: 'Ha!' }];
    const turn = { ...context, guest, prose: 'Go on.', dialogue, beats: [] };
    expect(ask('addressee', turn)).toEqual({ addresseeId: guest.id });
  });

  test('closes a scene only on a clear signal in the text', () => {
    const close = (prose: string) => ask('scene_close', { ...context, prose });
    expect(close('We talk about the storm.')).toMatchObject({ shouldClose: false });
    expect(close('Fade out.')).toMatchObject({ shouldClose: true });
  });

  test('distinguishes dialogue, action, thought and narration', () => {
    expect(toSegments('"Hi," I say. *I sit.* ~Odd.~ Rain.')).toEqual([
      { kind: 'dialogue', text: '"Hi,"' },
      { kind: 'narration', text: 'I say.' },
      { kind: 'action', text: '*I sit.*' },
      { kind: 'thought', text: '~Odd.~' },
      { kind: 'narration', text: 'Rain.' },
    ]);
    expect(toSegments('')).toEqual([]);
  });
});
