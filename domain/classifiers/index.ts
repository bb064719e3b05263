import { addressee } from './addressee.js';
import type { BegunTurn, ClassifierCall } from './classifier.js';
import { eventLifecycle } from './eventLifecycle.js';
import { interjection } from './interjection.js';
import { sceneClose } from './sceneClose.js';
import { sceneSummary } from './sceneSummary.js';
import { significance } from './significance.js';
import { stateUpdate } from './stateUpdate.js';
import { title, titleEvents } from './title.js';
import { turnParse, turnParseEvents } from './turnParse.js';

export { toJsonSchema } from './answerSchema.js';
export { parseAnswer } from './parseAnswer.js';

/**
 * The table of classifiers. Each row has its question, the schema of its answer, and the events that follow from it.
 */
export const classifiers = {
  turn_parse: turnParse,
  addressee,
  state_update: stateUpdate,
  significance,
  interjection,
  event_lifecycle: eventLifecycle,
  scene_close: sceneClose,
  scene_summary: sceneSummary,
  title,
};

export type ClassifierName = keyof typeof classifiers;
export const classifierNames = Object.keys(classifiers) as ClassifierName[];

/** The calls of the classifiers that follow the first reply of a narrative turn. Each is a step with its classifier's name. */
export function followUpsOf(turn: BegunTurn): ClassifierCall[] {
  return classifierNames.flatMap((name) => {
    const call = classifiers[name].follows?.(turn);
    return call ? [{ ...call, name }] : [];
  });
}

/** The kinds of events that one classifier alone appends, with the schemas of their data. Part of `eventData`. */
export const classifierEvents = { ...turnParseEvents, ...titleEvents };

export type ClassifierEventKind = keyof typeof classifierEvents;
