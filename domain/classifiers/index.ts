import { addressee } from './addressee.js';
import { eventLifecycle } from './eventLifecycle.js';
import { interjection } from './interjection.js';
import { sceneClose } from './sceneClose.js';
import { sceneSummary } from './sceneSummary.js';
import { significance } from './significance.js';
import { stateUpdate } from './stateUpdate.js';
import { title } from './title.js';
import { turnParse } from './turnParse.js';

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
