import { z } from 'zod';
import { silentWitness } from '../narrative/participants.js';
import { sentence } from './answerSchema.js';
import { type Classifier, classifier } from './classifier.js';
import { ask, earlier, exchange, introduction, personOf, place } from './material.js';

/** Decides whether the character that did not speak interjects. */
export const interjection: Classifier = classifier({
  name: 'interjection',
  answer: () => z.object({ shouldInterject: z.boolean(), reason: sentence() }),
  question: (context) => {
    const speaker = personOf(context, context.beats[0]?.speakerId);
    const witness = silentWitness(context, speaker.id) ?? context.host;
    const task = `${witness.name} has listened to an exchange in a role-play in which ${speaker.name} answered. Decide whether
${witness.name} would cut in now, unasked: only with a strong reason, such as being spoken of, contradicted, endangered or
moved. Most of the time they stay silent. "reason" is one short sentence.`;
    return ask(
      task,
      introduction(witness),
      introduction(speaker),
      place(context),
      earlier(context),
      exchange(context, 0),
    );
  },
  events: () => [],
  verdict: ({ shouldInterject }) => ({ shouldInterject }),
});
