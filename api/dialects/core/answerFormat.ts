import { z } from 'zod';
import {
  type AnswerFormat,
  type ClientFunctions,
  functionName,
  MAX_FUNCTIONS_LENGTH,
} from '../../../domain/agents/clientFunctions.js';
import { unstorableReason } from '../../../domain/text/storable.js';
import { MAX_SCHEMA_DEPTH } from './functions.js';
import { invalidRequest, invalidShape } from './openaiErrors.js';

const typed = z.looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) });
const named = z.looseObject({
  name: functionName,
  description: z.string().max(20_000).nullish(),
  schema: z.record(z.string(), z.unknown()),
  strict: z.boolean().nullish(),
});
const chatFormat = z.looseObject({ json_schema: named });
const textField = z.looseObject({ format: z.unknown().optional() }).nullish();

/** The `response_format` of a completion. Throws `OpenAiRefused`. */
export function readResponseFormat(given: unknown): AnswerFormat | undefined {
  const path = 'response_format';
  return read(given, path, () => [parse(chatFormat, given, [path]).json_schema, `${path}.json_schema`]);
}

/** The `text` of a response, which has the format of its text. Throws `OpenAiRefused`. */
export function readTextFormat(given: unknown): AnswerFormat | undefined {
  const format = parse(textField, given, ['text'])?.format;
  return read(format, 'text.format', () => [parse(named, format, ['text', 'format']), 'text.format']);
}

/** What a request brings for the model: functions, a format of the answer, or both. */
export const withFormat = (
  functions: ClientFunctions | undefined,
  format: AnswerFormat | undefined,
): ClientFunctions | undefined => (format ? { functions: [], ...functions, format } : functions);

function read(
  given: unknown,
  path: string,
  readNamed: () => [z.output<typeof named>, path: string],
): AnswerFormat | undefined {
  if (given === undefined || given === null) return undefined;
  const { type } = parse(typed, given, [path]);
  if (type === 'text') return undefined;
  if (type === 'json_object') return { type };
  const [{ name, description, schema, strict }, at] = readNamed();
  const unfit = unstorableReason(schema, MAX_SCHEMA_DEPTH);
  if (unfit) throw invalidRequest(`${at}.schema: ${unfit}`, `${at}.schema`);
  if (JSON.stringify(schema).length > MAX_FUNCTIONS_LENGTH)
    throw invalidRequest(`${at}.schema: is too long`, `${at}.schema`);
  return { type, name, schema, ...(description ? { description } : {}), ...(strict == null ? {} : { strict }) };
}

function parse<T extends z.ZodType>(type: T, given: unknown, path: PropertyKey[]): z.output<T> {
  const parsed = type.safeParse(given);
  if (!parsed.success) throw invalidShape(parsed.error, path);
  return parsed.data;
}
