import { describe, expect, test } from '@jest/globals';
import { at, calls, context, events, good } from '../../test/support/chats/classifierTurn.js';
import { classifiers, followUpsOf, toJsonSchema } from './index.js';

describe('turn_parse', () => {
  test('appends the segments as they are, also an empty list', () => {
    expect(events('turn_parse', { segments: [] })).toEqual([
      { kind: 'user_turn_parsed', data: { userTurnSeq: 7, segments: [] } },
    ]);
  });
});

describe('state_update', () => {
  test('updates the edge of its pair at the time of the beat, with each fact once', () => {
    expect(events('state_update', good.state_update)).toEqual([
      {
        kind: 'edge_update',
        data: {
          sourceId: 'chr_h',
          targetId: 'you',
          affinityDelta: 2,
          trustDelta: -1,
          knowledgeFacts: ['Robin tries doors.'],
          lastInteractionAt: at,
        },
      },
    ]);
  });
});

describe('the classifiers that follow a reply', () => {
  const begun = { sceneId: 'scn_1', hasProse: true, regenerates: null };

  test('are asked where they say so, in calls with their names', () => {
    const asked = followUpsOf({ ...begun, hasStoryEvents: true });
    expect(asked).toContainEqual({ name: 'event_lifecycle' });
    for (const { name } of asked) expect(classifiers[name].follows).toBeDefined();
    expect(followUpsOf({ ...begun, hasStoryEvents: false })).not.toContainEqual({ name: 'event_lifecycle' });
  });
});

describe('the classifiers addressee, interjection and scene_close', () => {
  test('append no event and only return a verdict', () => {
    for (const name of ['addressee', 'interjection', 'scene_close'] as const)
      expect(events(name, good[name])).toEqual([]);
    expect(classifiers.interjection.verdict(good.interjection)).toEqual({ shouldInterject: true });
    expect(classifiers.scene_close.verdict(good.scene_close)).toEqual({ shouldClose: false });
  });

  test('scene_close gets the prose and the place, and nothing of the reply', () => {
    const shown = JSON.stringify(classifiers.scene_close.messages(context, calls.scene_close));
    expect(shown).toContain('The lamp room');
    expect(shown).toContain('I try the door.');
    expect(shown).not.toContain('It is.');
  });
});

describe('scene_summary', () => {
  test('changes only the scene and the edges of the character whose summary it is', () => {
    const found = events('scene_summary', {
      summary: 'S',
      edges: [
        { targetId: 'you', summary: 'first' },
        { targetId: 'chr_h', summary: 'of oneself' },
        { targetId: 'you', summary: 'second' },
        { targetId: 'chr_g', summary: ' ' },
      ],
      knowledgeFacts: [
        { targetId: 'you', fact: 'a' },
        { targetId: 'you', fact: 'a' },
        { targetId: 'chr_h', fact: 'of oneself' },
        { targetId: 'you', fact: 'b' },
      ],
    });
    expect(found).toEqual([
      { kind: 'scene_summary', data: { sceneId: 'scn_1', povId: 'chr_h', summary: 'S' } },
      { kind: 'edge_summary', data: { sourceId: 'chr_h', targetId: 'you', summary: 'second' } },
      {
        kind: 'edge_update',
        data: {
          ...{ sourceId: 'chr_h', targetId: 'you', affinityDelta: 0, trustDelta: 0 },
          knowledgeFacts: ['a', 'b'],
          lastInteractionAt: at,
        },
      },
    ]);
  });
});

describe('the schema of an answer', () => {
  test('is made once where it is the same for every call, and else for each', () => {
    const other = { ...context, guest: null };
    const schemas = (name: 'significance' | 'addressee') =>
      [context, other].map((turn) => classifiers[name].answer(turn, calls[name]));
    const [score, sameScore] = schemas('significance');
    expect(sameScore).toBe(score);
    expect(toJsonSchema(sameScore!)).toBe(toJsonSchema(score!));
    const [ofTwo, ofOne] = schemas('addressee');
    expect(toJsonSchema(ofOne!)).not.toEqual(toJsonSchema(ofTwo!));
  });
});
