import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DIALOGUE_LINES, type Memory, narrativePrompt, type PromptInput } from './prompt.js';

const countTokens = (text: string) => Math.ceil(text.length / 4);
const limits = { soft: 6_000, hard: 12_000, countTokens };
const you = { id: 'you', name: 'Robin', persona: 'A traveller.' };
const mira = { id: 'chr_m', name: 'Mira', persona: 'Keeps the lighthouse.' };
const brann = { id: 'chr_b', name: 'Brann', persona: 'Smuggles brandy.' };

const alone: PromptInput = {
  speakerId: mira.id,
  beat: 0,
  userTurnSeq: 100,
  you,
  host: mira,
  guest: null,
  prose: 'Is it open?',
  beats: [],
  dialogue: [
    { speakerId: 'you', text: 'Good evening.' },
    { speakerId: mira.id, text: 'Mind the step.' },
  ],
  scene: { container: 'The lamp room' },
  edges: [],
  storyEvents: [],
  remembered: [],
  closedScenes: [],
};
const withGuest: PromptInput = {
  ...alone,
  guest: brann,
  dialogue: [...alone.dialogue, { speakerId: brann.id, text: 'I bar the window.' }],
};
const memory = (text: string, more: Partial<Memory> = {}): Memory => ({
  text,
  witnesses: [mira.id],
  sceneId: null,
  chatClock: 1,
  significance: 1,
  pinned: false,
  writtenSeq: 1,
  ...more,
});

const prompt = (input: Partial<PromptInput>, base = alone) => narrativePrompt({ ...base, ...input }, limits);
const systemOf = (input: Partial<PromptInput>, base = alone) => prompt(input, base)[0]!.content;
/** The given texts in the order in which the prompt has them; those that it lacks are left out. */
const inOrder = (text: string, ...wanted: string[]) =>
  wanted.filter((part) => text.includes(part)).sort((a, b) => text.indexOf(a) - text.indexOf(b));

describe('the prompt of a beat', () => {
  test('with one character holds no names, since roles identify the speakers', () => {
    expect(prompt({}).slice(1)).toEqual([
      { role: 'user', content: 'Good evening.' },
      { role: 'assistant', content: 'Mind the step.' },
      { role: 'user', content: 'Is it open?' },
    ]);
  });

  test('with a guest names every participant except the speaker', () => {
    expect(prompt({ speakerId: brann.id }, withGuest).slice(1)).toEqual([
      { role: 'user', content: 'Robin: Good evening.' },
      { role: 'user', content: 'Mira: Mind the step.' },
      { role: 'assistant', content: 'I bar the window.' },
      { role: 'user', content: 'Robin: Is it open?' },
    ]);
  });

  test('holds the persona, the place, the others who are present and their last actions', () => {
    const system = systemOf({}, withGuest);
    expect(system).toMatch(/^You are Mira in a role-play with Robin and Brann\./);
    for (const part of ['Keeps the lighthouse.', 'The lamp room', 'A traveller.', 'Smuggles brandy.']) {
      expect(system).toContain(part);
    }
    expect(system).toContain('What Brann did last: I bar the window.');
  });

  test('holds the edges of the speaker to every participant, with and without history', () => {
    const edge = {
      sourceId: mira.id,
      targetId: 'you',
      affinity: 71,
      trust: 30,
      summary: 'Wary.',
      knowledgeFacts: ['Robin lies.'],
    };
    const system = systemOf(
      {
        edges: [
          { ...edge, lastInteractionAt: null },
          { ...edge, sourceId: brann.id, summary: 'What Brann thinks.', lastInteractionAt: null },
        ],
      },
      withGuest,
    );
    expect(system).toContain('Mira towards Robin: affinity 71 of 100, trust 30 of 100.\nWary.');
    expect(system).toContain('- Robin lies.');
    expect(system).toContain('Mira towards Brann: affinity 50 of 100, trust 50 of 100.');
    expect(system).not.toContain('What Brann thinks.');
  });

  test('holds active story events and no planned ones', () => {
    const storyEvents = [
      { title: 'The storm', description: 'It breaks.', status: 'active' },
      { title: 'The ferry', description: 'It sinks.', status: 'planned' },
    ];
    const system = systemOf({ storyEvents });
    expect(system).toContain('The storm: It breaks.');
    expect(system).not.toContain('The ferry');
  });

  test('holds the last 20 lines', () => {
    const dialogue = Array.from({ length: 50 }, (_, n) => ({ speakerId: 'you', text: `line ${n}` }));
    const texts = prompt({ dialogue }).map(({ content }) => content);
    expect(texts.slice(1, -1)).toEqual(dialogue.slice(-DIALOGUE_LINES).map(({ text }) => text));
  });

  test('of a turn that is all out of character has no prose of the user, and says so', () => {
    const messages = prompt({ prose: '', dialogue: [] });
    expect(messages.map(({ role }) => role)).toEqual(['system', 'system']);
    expect(messages[1]?.content).toBe('Robin says nothing in the story now. Go on with the scene as Mira.');
  });

  test('of an interjection ends with the first beat and asks for brevity', () => {
    const messages = prompt(
      { speakerId: brann.id, beat: 1, beats: [{ speakerId: mira.id, text: 'It is.' }] },
      withGuest,
    );
    expect(messages.slice(-2).map(({ content }) => content)).toEqual(['Robin: Is it open?', 'Mira: It is.']);
    expect(messages[0]?.content).toContain('Brann was not asked, but cuts in now: briefly');
  });

  test('of an interjection answers the first beat alone where the user was out of character', () => {
    const messages = prompt(
      { speakerId: brann.id, beat: 1, prose: '', beats: [{ speakerId: mira.id, text: 'It is.' }] },
      withGuest,
    );
    expect(messages.at(-1)).toEqual({ role: 'user', content: 'Mira: It is.' });
  });

  test('names the speaker of a line who has left since', () => {
    const [, line] = prompt({ dialogue: [{ speakerId: brann.id, text: 'Farewell.' }] });
    expect(line).toEqual({ role: 'user', content: 'somebody who has left: Farewell.' });
  });

  test('is built without a persona, a place and a user name, and keeps names verbatim', () => {
    const nobody = { id: 'you', name: 'you', persona: '' };
    const system = systemOf({ you: nobody, scene: null, host: { ...mira, name: '.*\n($1', persona: '' } });
    expect(system).toMatch(/^You are \.\* \(\$1 in a role-play with the user\./);
    expect(system).not.toContain('undefined');
  });
});

describe('the memories in a prompt', () => {
  test('are ordered: pinned, then scenes, then by significance and recency', () => {
    const remembered = [
      memory('old note', { writtenSeq: 1 }),
      memory('new note', { writtenSeq: 9 }),
      memory('small talk', { significance: 0, writtenSeq: 10 }),
      memory('unscored, in between', { significance: null, writtenSeq: 5 }),
      memory('heavy', { significance: 2, writtenSeq: 2 }),
      memory('pinned', { significance: 3, pinned: true, writtenSeq: 3 }),
    ];
    const closedScenes = [{ sceneId: 'scn_0', closedSeq: 1, summaries: { [mira.id]: 'the first scene' } }];
    const order = ['pinned', 'the first scene', 'heavy', 'new note', 'unscored, in between', 'old note', 'small talk'];
    expect(inOrder(systemOf({ remembered, closedScenes }), ...order.toSorted())).toEqual(order);
  });

  test('of a closed scene are replaced by the summary of the speaker', () => {
    const scenes = {
      remembered: [memory('a turn of it', { sceneId: 'scn_1', witnesses: [mira.id, brann.id], pinned: true })],
      closedScenes: [{ sceneId: 'scn_1', closedSeq: 50, summaries: { [mira.id]: 'as Mira saw it' } }],
    };
    expect(inOrder(systemOf(scenes, withGuest), 'as Mira saw it', 'a turn of it')).toEqual(['as Mira saw it']);
    const ofBrann = systemOf({ ...scenes, speakerId: brann.id }, withGuest);
    expect(inOrder(ofBrann, 'as Mira saw it', 'a turn of it')).toEqual(['a turn of it']);
  });

  test('of a closed scene are kept where its summary is blank', () => {
    const remembered = [memory('a turn of it', { sceneId: 'scn_1' })];
    const closedScenes = [{ sceneId: 'scn_1', closedSeq: 50, summaries: { [mira.id]: ' ' } }];
    expect(systemOf({ remembered, closedScenes })).toContain('a turn of it');
  });

  test('are only from before the turn', () => {
    expect(systemOf({ remembered: [memory('of this turn', { chatClock: 100 })] })).not.toContain('of this turn');
  });

  test('never include what the speaker did not witness', () => {
    const some = fc.record({ witnessed: fc.boolean(), pinned: fc.boolean(), significance: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 40 }),
        fc.constantFrom(mira.id, brann.id),
        fc.boolean(),
        (list, speakerId, scene) => {
          const other = speakerId === mira.id ? brann.id : mira.id;
          const remembered = list.map(({ witnessed, ...more }, n) =>
            memory(`${witnessed ? 'seen' : 'unseen'} ${n}`, {
              ...more,
              witnesses: witnessed ? [other, speakerId] : [other],
            }),
          );
          const closedScenes = scene
            ? [{ sceneId: 'scn_9', closedSeq: 9, summaries: { [other]: 'unseen scene' } }]
            : [];
          const text = JSON.stringify(prompt({ speakerId, remembered, closedScenes }, withGuest));
          expect(text).not.toContain('unseen');
          for (const { text: seen } of remembered.filter(({ witnesses }) => witnesses.includes(speakerId))) {
            expect(text).toContain(seen);
          }
        },
      ),
    );
  });
});

describe('a prompt beyond the soft limit', () => {
  const full = {
    remembered: Array.from({ length: 60 }, (_, n) => memory(`memory ${n}. ${'m'.repeat(400)}`, { writtenSeq: n })),
    dialogue: Array.from({ length: 20 }, (_, n) => ({ speakerId: 'you', text: `line ${n}. ${'d'.repeat(1_000)}` })),
  };

  test('drops the least valuable memories and the oldest lines, and keeps a share for both', () => {
    const text = JSON.stringify(prompt(full));
    const kept = (name: string, from: number) =>
      Array.from({ length: from }, (_, n) => text.includes(`${name} ${n}. `));
    for (const flags of [kept('memory', 60), kept('line', 20)]) {
      const first = flags.indexOf(true);
      expect(first).toBeGreaterThan(0);
      expect(flags.slice(first)).not.toContain(false);
    }
  });

  test('keeps the last line before the answered one even if the persona fills the limit', () => {
    const host = { ...mira, persona: 'p'.repeat(100_000) };
    const messages = narrativePrompt({ ...alone, ...full, host }, limits);
    expect(messages.at(-2)?.content).toMatch(/^line 19\. /);
    expect(messages.at(-1)?.content).toBe('Is it open?');
  });
});
