import { type AnswerLevel, answerLevels } from '../../domain/providers/providerFact.js';
import type { Lesson, Refused } from './lessons.js';
import { rangeKeywords } from './profiles.js';
import type { Refusal } from './refusal.js';
import type { Body } from './requestRules.js';

/** Keywords that some servers refuse beside those that limit a value. */
const otherKeywords = [
  'additionalProperties',
  'propertyNames',
  'title',
  '$schema',
  '$defs',
  '$ref',
  'anyOf',
  'oneOf',
  'allOf',
  'const',
  'default',
];
/** Keywords that are ordinary words too. */
const words = new Set(['pattern', 'format', 'minimum', 'maximum', 'title', 'const', 'default']);
/** Words that refusals use in another sense, as in "response format". Schemas of answers do not have these keywords. */
const inOtherSense = new Set(['pattern', 'format']);
/** A schema can't do without these. Where one is refused, the next level of answers is used. */
const needed = new Set(['$defs', '$ref', 'anyOf', 'oneOf', 'allOf', 'const']);

const isAboutFormat =
  /response_?format|text\.format|^text$|parameter:? ["'`]text["'`]|json_?(schema|object|mode)|json schema|structured[ _]outputs?|guided|grammar|\bschemas?\b/i;

/** A refusal of one schema, or of a prompt that does not speak of JSON: it says nothing about other requests. */
const isAboutContent = /invalid schema|must (contain|include|have)[^.]{0,30}\bword\b/i;

/** Messages that say nothing, beside codes. */
const saysNothing =
  /^(\W|bad request|invalid request|unprocessable (entity|content)|(the )?request failed|provider returned error|error|invalid_request_error|badrequesterror|[45]\d\d)*$/i;

/**
 * What a refusal says about the form of a structured answer: a schema without the keywords that it names, else the next
 * level. A refusal that names nothing may be about the form too, so the next level is tried, and remembered for a day.
 */
export function answerLessons({ refusal, body, rules }: Refused): Lesson[] {
  const format = formatOf(body);
  if (!format) return [];
  const isNamed = isAboutFormat.test(refusal.message) || refusal.paths.some((path) => isAboutFormat.test(path));
  const keep = isOfClient(body) && isOfContent(refusal) ? 'never' : 'weeks';
  const keywords = format.schema === undefined ? [] : refusedKeywords(refusal.message, format.schema);
  const next = lowerLevels(rules.answers, rules.noAnswers);
  if (!isNamed && keywords.length === 0 && !saysNothing.test(refusal.message.slice(0, 200))) return [];
  if (!isNamed && keywords.length === 0)
    return next.map((level) => ({ fact: { kind: 'answers', level }, keep: 'day' }));
  return [...keywordLessons(keywords), ...next.map((level): Lesson => ({ fact: { kind: 'answers', level }, keep }))];
}

/** The form of a reply is the client's; that of a classifier, which is not streamed, is ours. */
const isOfClient = (body: Body): boolean => body.stream === true;

const isOfContent = ({ providerCode, paths, message }: Refusal): boolean =>
  providerCode === 'invalid_json_schema' ||
  paths.some((path) => /\bschema$/.test(path)) ||
  isAboutContent.test(message);

/** The form of the answer that a request of Chat Completions or of the Responses API asks for. */
function formatOf(body: Body): { schema?: unknown } | undefined {
  const ofCompletion = body.response_format as { json_schema?: { schema: unknown } } | undefined;
  if (ofCompletion) return ofCompletion.json_schema ?? {};
  return (body.text as { format?: { schema?: unknown } } | undefined)?.format;
}

/** A server that refuses a schema refuses it also where the prompt contains it. */
const lowerLevels = (level: AnswerLevel, missing: readonly AnswerLevel[]): AnswerLevel[] =>
  answerLevels
    .slice(answerLevels.indexOf(level) + 1)
    .filter((lower) => lower !== 'json_schema_in_prompt' && !missing.includes(lower));

const isRange = (keyword: string): boolean => (rangeKeywords as readonly string[]).includes(keyword);

/** Keywords that limit values are refused together: one lesson for all of them saves a request each. */
function keywordLessons(keywords: string[]): Lesson[] {
  const dropped = keywords.filter((keyword) => !isRange(keyword) && !needed.has(keyword));
  const all = [...(keywords.some(isRange) ? rangeKeywords : []), ...dropped];
  return all.length === 0 ? [] : [{ fact: { kind: 'schema_without', keywords: all }, keep: 'weeks' }];
}

/**
 * The keywords of the schema that the text names. Ordinary words count only if it says that something is refused. Where it
 * names one that limits values, all of these count: some texts name examples.
 */
function refusedKeywords(message: string, schema: unknown): string[] {
  const json = JSON.stringify(schema) ?? '';
  const said = new Set(message.split(/[^\w$]+/));
  const refuses = /(not|un) ?(permitted|supported|allowed|recognized|known|expected)|invalid|keyword/i.test(message);
  const all = [...rangeKeywords, ...otherKeywords];
  const named = all.filter((word) => said.has(word) && (refuses || !words.has(word)) && !inOtherSense.has(word));
  const isMeant = (word: string) => named.includes(word) || (isRange(word) && named.some(isRange));
  return all.filter((word) => json.includes(`"${word}":`) && isMeant(word));
}
