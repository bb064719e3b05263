import { z } from 'zod';

/** The names of parameters and of schema keywords. */
const word = z.string().regex(/^[\w.$-]{1,64}$/);

/**
 * How a structured answer is requested, most reliable first. `json_schema_in_prompt`: with the schema in the prompt too, for
 * servers that ignore `response_format`. With the last two the schema is in the prompt only.
 */
export const answerLevels = ['json_schema', 'json_schema_in_prompt', 'json_object', 'text'] as const;
export type AnswerLevel = (typeof answerLevels)[number];

/**
 * Rules of a server for messages. `alternate_roles`: a system message only at the beginning, then user and assistant in
 * turn, the last one from the user. `no_null_content`: the content is a text, beside tool calls too. `send_reasoning`: the
 * reasoning before tool calls is sent back. `short_call_ids`: the ids of calls have at most 40 letters, digits, `_` and `-`.
 * `nine_character_call_ids`: they have exactly nine letters and digits. `plain_content`: the content of a message without images is one text.
 * `no_images`: the model takes none. `no_past_images`: the images of earlier messages are left out.
 */
export const messageRules = [
  'alternate_roles',
  'no_system_role',
  'no_null_content',
  'send_reasoning',
  'short_call_ids',
  'nine_character_call_ids',
  'plain_content',
  'no_images',
  'no_past_images',
] as const;
export type MessageRule = (typeof messageRules)[number];

/**
 * What a server's refusal has taught about its requests for one model. `field` is the name in the request of OpenAI's API;
 * `messages.NAME` is a field of messages. `when`: only in requests with tools, or only in those that are not streamed.
 */
export const providerFact = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('without'), field: word }),
  z.object({ kind: z.literal('renamed'), field: word, to: word }),
  z.object({ kind: z.literal('capped'), field: word, max: z.number() }),
  z.object({
    kind: z.literal('fixed'),
    field: word,
    value: z.union([z.string().max(64), z.number(), z.boolean()]),
    when: z.enum(['always', 'tools', 'whole']),
  }),
  z.object({ kind: z.literal('answers'), level: z.enum(answerLevels) }),
  z.object({ kind: z.literal('schema_without'), keywords: z.array(word).min(1).max(16) }),
  z.object({ kind: z.literal('messages'), rule: z.enum(messageRules) }),
]);
export type ProviderFact = z.infer<typeof providerFact>;

export const factKinds = providerFact.options.map(({ shape }) => shape.kind.value);

const conditions = { always: '', tools: ' with tools', whole: ' without streaming' };

/** A fact in words, for operators. Two facts are the same if their words are. */
export function describeFact(fact: ProviderFact): string {
  switch (fact.kind) {
    case 'without':
      return `without ${fact.field}`;
    case 'renamed':
      return `${fact.field} is ${fact.to}`;
    case 'capped':
      return `${fact.field} is at most ${fact.max}`;
    case 'fixed':
      return `${fact.field} is ${JSON.stringify(fact.value)}${conditions[fact.when]}`;
    case 'answers':
      return `structured answers as ${fact.level}`;
    case 'schema_without':
      return `schemas without ${fact.keywords.join(', ')}`;
    case 'messages':
      return `messages: ${fact.rule}`;
  }
}
