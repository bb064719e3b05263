import { z } from 'zod';
import { seqRef } from '../log/references.js';
import { segment } from '../narrative/segment.js';
import { text } from './answerSchema.js';
import { type Classifier, classifier } from './classifier.js';
import { ask } from './material.js';

const task = `Split the user's role-play message into segments, in order, leaving nothing out and changing no word.
Kinds: "dialogue" is what they say aloud, "action" what they do, "thought" what they think and do not say,
"narration" everything else, such as what happens around them, "ooc" what is said outside the story.`;

export const turnParseEvents = {
  user_turn_parsed: z.object({ userTurnSeq: seqRef, segments: z.array(segment) }),
};

/** Splits the user's prose into typed segments. The answer is not compared with the prose. */
export const turnParse: Classifier = classifier({
  name: 'turn_parse',
  answer: () =>
    z.object({
      segments: z.array(z.object({ kind: segment.shape.kind, text: text(200_000) })).max(2_000),
    }),
  question: ({ prose }) => ask(task, prose),
  events: ({ userTurnSeq }, _call, { segments }) => [{ kind: 'user_turn_parsed', data: { userTurnSeq, segments } }],
  verdict: ({ segments }) => ({ segments: segments.length }),
});
