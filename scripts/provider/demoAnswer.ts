import { addressedId, isWitnessNamed } from './addressed.js';
import { createPicker, type Pick } from './picker.js';
import { resolve, type Schema, smallestAnswer } from './schemaAnswer.js';
import { toSegments } from './segments.js';

type Messages = { role: string; content: string }[];

/** Plausible values of properties by name. The schema decides which of them are allowed. */
const plausible: Record<string, readonly unknown[]> = {
  affinityDelta: [0, 1, 1, 2, -1, 3],
  trustDelta: [0, 0, 1, 1, 2, -1],
  score: [0, 0, 1, 1, 1, 2, 2, 3],
  shouldInterject: [false, false, true],
  newStatus: ['active', 'active', 'completed'],
  reason: ['It follows from what was just said.', 'Nothing was said that would call for more.'],
  fact: ['Does not scare easily.', 'Keeps promises, also small ones.', 'Has been here before, and did not say so.'],
  knowledgeFacts: [
    'Listens before answering.',
    'Came in with the last ferry.',
    'Knows more of the harbour than a stranger would.',
  ],
  summary: [
    'We talked while the storm came in. More was meant than was said, and neither of us minded.',
    'A long evening in the lamp room. A question was left open, and I would like to hear it again.',
    'They stayed until the kettle was empty. I trust them a little further than the door now.',
  ],
};

/** The lengths of lists by name: usually zero or one. */
const lengths: Record<string, readonly number[]> = {
  knowledgeFacts: [0, 0, 0, 1],
  transitions: [0, 0, 0, 1],
  edges: [1],
};

const sceneEnd = /\bfade out\b|\bwe're done here\b|\bwe are done here\b|\bscene ends\b|\b(?:leave|leaves) for\b/i;

/** A plausible answer that satisfies the schema, without a model. The same messages get the same answer. */
export function demoAnswer(schema: Schema, messages: Messages): unknown {
  const lastText = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const pick = createPicker(messages.map(({ content }) => content).join('\n'));
  const addresseeId = addressedId(messages);
  const known: Record<string, unknown> = {
    segments: toSegments(lastText),
    shouldClose: sceneEnd.test(lastText),
    title: firstWords(lastText),
    ...(addresseeId === undefined ? {} : { addresseeId }),
    ...(isWitnessNamed(messages) ? { shouldInterject: true } : {}),
  };
  return createAnswer({ root: schema, pick, known })(schema, '');
}

/** The first words of what was just said, without the speaker's name. */
function firstWords(material: string): string {
  const said = material.slice(material.indexOf('What was just said:\n')).split('\n')[1] ?? '';
  return said
    .replace(/^[^:]*: /, '')
    .replace(/["“”]/g, '')
    .split(/\s+/)
    .slice(0, 6)
    .join(' ');
}

function createAnswer({ root, pick, known }: { root: Schema; pick: Pick; known: Record<string, unknown> }) {
  const answer = (schema: Schema, name: string): unknown => {
    const wanted = schema.$ref ? resolve(schema.$ref, root) : schema;
    if (name in known) return known[name];
    if (wanted.properties) return object(wanted.properties);
    if (wanted.enum) return pick(wanted.enum);
    if (wanted.type === 'array') return list(wanted, name);
    return pick((plausible[name] ?? []).filter((value) => allows(wanted, value)).concat(fallback(wanted, name)));
  };
  const object = (properties: Record<string, Schema>) =>
    Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, answer(property, name)]));
  const list = (schema: Schema, name: string) => {
    const length = Math.max(schema.minItems ?? 0, pick(lengths[name] ?? [0]));
    return Array.from({ length }, () => answer(schema.items ?? {}, name));
  };
  /** The smallest answer, if the schema allows no plausible value. */
  const fallback = (schema: Schema, name: string) =>
    (plausible[name] ?? []).some((value) => allows(schema, value)) ? [] : [smallestAnswer(schema, root)];
  return answer;
}

function allows({ type, minimum = -Infinity, maximum = Infinity }: Schema, value: unknown): boolean {
  if (typeof value === 'number')
    return (type === 'integer' || type === 'number') && value >= minimum && value <= maximum;
  return type === typeof value;
}
