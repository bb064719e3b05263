import type { AnswerFormat } from '../../domain/agents/clientFunctions.js';

const JSON_ONLY = 'Answer with one JSON object and nothing else.';

/** What a prompt says of the form of the answer, for a server that does not take it as a parameter. */
export const formatDemand = (schema: object | null): string =>
  schema ? `${JSON_ONLY} It must keep to this JSON Schema:\n${JSON.stringify(schema)}` : JSON_ONLY;

export const schemaOf = (format: AnswerFormat): Record<string, unknown> | null =>
  format.type === 'json_schema' ? format.schema : null;

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
