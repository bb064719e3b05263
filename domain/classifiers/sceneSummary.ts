import { z } from 'zod';
import type { NewEvent } from '../log/events.js';
import { oneOf, sentence, text } from './answerSchema.js';
import { type Classifier, classifier, type TurnContext } from './classifier.js';
import { ask, endOf, factsOf, introduction, personOf, place, present, spoken, spokenAt } from './material.js';

/**
 * The longest part of a scene, and of a line, in a question, in UTF-16 code units. The oldest lines are left out first.
 */
const SCENE = 100_000;
const SCENE_LINE = 6_000;

/** Summarizes a closed scene from the point of view of one character. */
export const sceneSummary: Classifier = classifier({
  name: 'scene_summary',
  answer: (context) => {
    const targetId = oneOf(present(context).map(({ id }) => id));
    return z.object({
      summary: text(20_000),
      edges: z.array(z.object({ targetId, summary: text(8_000) })).max(20),
      knowledgeFacts: z.array(z.object({ targetId, fact: sentence() })).max(50),
    });
  },
  question: (context, call) => {
    const pov = personOf(context, call.povId);
    const others = present(context).filter(({ id }) => id !== pov.id);
    const task = `A scene of a role-play has ended. Write down what stays with ${pov.name}, from their point of view and knowing only
what they know. "summary": the scene in a few sentences. "edges": for each of the others, by id, where ${pov.name} now
stands with them, in one or two sentences. "knowledgeFacts": lasting facts that ${pov.name} has learnt of one of the others.`;
    return ask(
      task,
      introduction(pov),
      ...others.map((person) => `id ${person.id} is ${introduction(person)}`),
      place(context),
      'The scene:',
      endOf(scene(context)),
    );
  },
  events: (context, call, answer) => {
    const { povId = '', sceneId = '' } = call;
    // Characters have no edge to themselves. A blank summary must not replace an existing one.
    const summaries = answer.edges.filter(({ targetId, summary }) => targetId !== povId && summary.trim() !== '');
    const edges = new Map(summaries.map(({ targetId, summary }) => [targetId, summary]));
    const facts = new Map<string, string[]>();
    for (const { targetId, fact } of answer.knowledgeFacts) {
      if (targetId !== povId) facts.set(targetId, [...(facts.get(targetId) ?? []), fact]);
    }
    return [
      { kind: 'scene_summary', data: { sceneId, povId, summary: answer.summary } },
      ...[...edges].map(
        ([targetId, summary]): NewEvent => ({
          kind: 'edge_summary',
          data: { sourceId: povId, targetId, summary },
        }),
      ),
      ...[...facts].map(
        ([targetId, found]): NewEvent => ({
          kind: 'edge_update',
          data: {
            sourceId: povId,
            targetId,
            affinityDelta: 0,
            trustDelta: 0,
            knowledgeFacts: factsOf(found),
            lastInteractionAt: lastMet(context, povId, targetId) ?? spokenAt(context, call),
          },
        }),
      ),
    ];
  },
  verdict: ({ edges, knowledgeFacts }) => ({ edges: edges.length, facts: knowledgeFacts.length }),
});

/** A summary is not an interaction, so `lastInteractionAt` of the edge must stay. */
function lastMet({ edges }: TurnContext, sourceId: string, targetId: string): string | null {
  return edges.find((edge) => edge.sourceId === sourceId && edge.targetId === targetId)?.lastInteractionAt ?? null;
}

function scene(context: TurnContext): string {
  const lines: string[] = [];
  let left = SCENE;
  for (const line of context.sceneBeats.toReversed()) {
    const shown = spoken(context, line, SCENE_LINE);
    left -= shown.length;
    if (left < 0) break;
    lines.push(shown);
  }
  return lines.reverse().join('\n');
}
