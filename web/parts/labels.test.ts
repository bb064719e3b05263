import { describe, expect, test } from '@jest/globals';
import { stepFamilies } from '../../domain/turns/stepFamily.js';
import type { Note } from '../timeline/timeline.js';
import { noteWords, stepLabel } from './labels.js';

test('every step of a turn has words of its own on the page', () => {
  const families = stepFamilies.filter((family) => family !== 'other');
  const unlabelled = families.filter((family) => stepLabel(`${family}:x`, (id) => id).startsWith(family));
  expect(unlabelled).toEqual([]);
});

describe('a line between the messages', () => {
  const note = (kind: string, data: object) =>
    ({ type: 'note', seq: 1, at: '2026-01-01T00:00:00Z', kind, data }) as Note;

  test('says what its event has', () => {
    expect(noteWords(note('scene_opened', { sceneId: 'scn_1', container: 'The pier' }))?.text).toBe('The pier');
    expect(noteWords(note('story_event_completed', { eventId: 'evt_1', title: '' }))?.text).toContain('a story event');
  });

  test('is left out for an event of a newer service, which the page does not know', () => {
    expect(noteWords(note('weather_noted', { weather: 'rain' }))).toBeNull();
  });
});
