import { z } from 'zod';
import { sentence } from './answerSchema.js';
import { type Classifier, classifier } from './classifier.js';
import { ask, clipStart, endOf, place } from './material.js';

const task = `Decide whether the user's newest line ends the current scene of a role-play. Hard signals only: they leave for another
place, time skips ahead, or they say that it ends ("fade out", "we're done here"). Talk of leaving is not leaving. In doubt
it goes on. "reason" is one short sentence.`;

/**
 * Decides whether the scene ends with this turn. It judges only the user's prose and the place, because the reply may
 * be missing.
 */
export const sceneClose: Classifier = classifier({
  name: 'scene_close',
  answer: () => z.object({ shouldClose: z.boolean(), reason: sentence() }),
  question: (context) => ask(task, place(context), endOf(`${context.you.name}: ${clipStart(context.prose, 20_000)}`)),
  events: () => [],
  verdict: ({ shouldClose }) => ({ shouldClose }),
});
