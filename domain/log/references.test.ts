import { expect, test } from '@jest/globals';
import { eventData } from './events.js';
import { referencesOf } from './references.js';

const fieldsOf = (kind: keyof typeof eventData) =>
  Object.keys(eventData[kind].shape).map((field) => ({ field, of: referencesOf(eventData[kind])[field] }));
const fields = (Object.keys(eventData) as (keyof typeof eventData)[]).flatMap(fieldsOf);

/** Ids of what is named by the chat and this id, or by a name elsewhere: copies and imports keep them. */
const kept = ['memoryId', 'sceneId', 'eventId', 'modelId', 'strategyId', 'rootStepId'];

test('every field of an event that is named like an id or a seq says what it refers to', () => {
  const silent = fields.filter(({ field, of }) => /(Seq|Ids?|^witnesses|^by)$/.test(field) && of === undefined);
  expect([...new Set(silent.map(({ field }) => field))].filter((field) => !kept.includes(field))).toEqual([]);
});

test('a name of a field refers to the same in every kind of event', () => {
  const meanings = new Map<string, Set<string>>();
  for (const { field, of } of fields) meanings.set(field, (meanings.get(field) ?? new Set()).add(of ?? 'nothing'));
  expect([...meanings].filter(([, { size }]) => size > 1)).toEqual([]);
});
