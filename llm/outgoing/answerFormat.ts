import type { AnswerFormat } from '../../domain/agents/clientFunctions.js';
import type { AnswerLevel } from '../../domain/providers/providerFact.js';
import { withoutKeywords } from '../profiles/schemaKeywords.js';

const JSON_ONLY = 'Answer with one JSON object and nothing else.';

/** What a prompt says of the form of the answer, for a server that does not take it as a parameter. */
export const formatDemand = (schema: object | null): string =>
  schema ? `${JSON_ONLY} It must keep to this JSON Schema:\n${JSON.stringify(schema)}` : JSON_ONLY;

export const schemaOf = (format: AnswerFormat): Record<string, unknown> | null =>
  format.type === 'json_schema' ? format.schema : null;

/** `format`: what the server's parameter gets; null for none. `demand`: what the prompt says; null for nothing. */
type AskedFormat = { format: SentFormat | null; demand: string | null };

/** A form of the answer as a server gets it, without the keywords of schemas that it refuses. */
export type SentFormat = { type: 'json_object' } | (Omit<JsonSchemaFormat, 'schema'> & { schema: object });
type JsonSchemaFormat = Extract<AnswerFormat, { type: 'json_schema' }>;

/** How a server is asked for a form of the answer: by its parameter where it takes it, else in the prompt. */
export function askForFormat(
  format: AnswerFormat,
  { answers, schemaWithout }: { answers: AnswerLevel; schemaWithout: readonly string[] },
): AskedFormat {
  if (format.type === 'json_object')
    return answers === 'text' ? { format: null, demand: formatDemand(null) } : { format, demand: null };
  const schema = withoutKeywords(format.schema, schemaWithout);
  const strict = { ...format, schema };
  switch (answers) {
    case 'json_schema':
      return { format: strict, demand: null };
    case 'json_schema_in_prompt':
      return { format: strict, demand: formatDemand(schema) };
    case 'json_object':
      return { format: { type: 'json_object' }, demand: formatDemand(schema) };
    case 'text':
      return { format: null, demand: formatDemand(schema) };
  }
}

type Instruction = { role: 'system'; content: string };

/** The messages with a demand at the end of the instruction, which is the first message if there is one. */
export function withDemand<M extends { role: string }>(
  messages: readonly (M | Instruction)[],
  demand: string,
): (M | Instruction)[] {
  const [first, ...others] = messages;
  if (first && isInstruction(first)) return [{ ...first, content: `${first.content}\n\n${demand}` }, ...others];
  return [{ role: 'system', content: demand }, ...messages];
}

const isInstruction = (message: object): message is Instruction => 'role' in message && message.role === 'system';
