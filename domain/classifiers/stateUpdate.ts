import { z } from 'zod';
import { newEdge } from '../narrative/edge.js';
import { sentence } from './answerSchema.js';
import { type Classifier, type ClassifierCall, classifier, type TurnContext } from './classifier.js';
import { ask, clip, exchange, factsOf, introduction, personOf, place, spokenAt } from './material.js';

const delta = () => z.number().int().min(-10).max(10);
/** How many of the known facts a question repeats at most. */
const KNOWN_FACTS = 30;

/** Judges how a beat changed what one person feels towards another, and knows about them. */
export const stateUpdate: Classifier = classifier({
  name: 'state_update',
  answer: () =>
    z.object({
      affinityDelta: delta(),
      trustDelta: delta(),
      knowledgeFacts: z.array(sentence()).max(20),
    }),
  question: (context, call) => {
    const source = personOf(context, call.sourceId);
    const target = personOf(context, call.targetId);
    const task = `You keep track of what ${source.name} feels towards ${target.name} in a role-play, and knows of them.
Judge only by what was just said. "affinityDelta" and "trustDelta" are whole numbers from -10 to 10, and mostly 0 to 2
in size. "knowledgeFacts" are new, lasting facts that ${source.name} has just learnt of ${target.name}: usually none.`;
    return ask(
      task,
      introduction(source),
      introduction(target),
      place(context),
      standing(context, call),
      exchange(context, call.beat),
    );
  },
  events: (context, call, answer) => [
    {
      kind: 'edge_update',
      data: {
        sourceId: call.sourceId ?? '',
        targetId: call.targetId ?? '',
        affinityDelta: answer.affinityDelta,
        trustDelta: answer.trustDelta,
        knowledgeFacts: factsOf(answer.knowledgeFacts),
        lastInteractionAt: spokenAt(context, call),
      },
    },
  ],
  verdict: ({ knowledgeFacts }) => ({ facts: knowledgeFacts.length }),
});

function standing(context: TurnContext, { sourceId = '', targetId = '' }: ClassifierCall): string {
  const edge =
    context.edges.find((edge) => edge.sourceId === sourceId && edge.targetId === targetId) ??
    newEdge(sourceId, targetId);
  const facts = edge.knowledgeFacts.slice(-KNOWN_FACTS).map((fact) => `- ${clip(fact, 300)}`);
  return [
    `Until now: affinity ${edge.affinity} and trust ${edge.trust}, of 100.`,
    edge.summary && clip(edge.summary, 2_000),
    facts.length > 0 && `Known already:\n${facts.join('\n')}`,
  ]
    .filter(Boolean)
    .join('\n');
}
