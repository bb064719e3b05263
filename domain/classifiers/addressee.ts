import { z } from 'zod';
import { witnesses } from '../narrative/participants.js';
import { oneOf } from './answerSchema.js';
import { type Classifier, classifier } from './classifier.js';
import { ask, earlier, exchange, introduction, place } from './material.js';

const task = `Two characters are in a role-play with the user. Decide which of the two the user's newest line is addressed to,
and so who answers it. Go by what is said, looked at and done, and by who was spoken to before. Answer with the id.`;

/** Decides which of the two characters answers. If it fails, `addresseeByName` decides. */
export const addressee: Classifier = classifier({
  name: 'addressee',
  answer: (context) => z.object({ addresseeId: oneOf(witnesses(context).map(({ id }) => id)) }),
  question: (context) =>
    ask(
      task,
      ...witnesses(context).map((person) => `id ${person.id} is ${introduction(person)}`),
      place(context),
      earlier(context),
      exchange(context),
    ),
  events: () => [],
  verdict: ({ addresseeId }) => ({ addresseeId }),
});
