import type { ProviderFact } from '../../domain/providers/providerFact.js';
import { optionNamesOf } from '../turnOptionFields.js';
import type { Lesson, Refused } from './lessons.js';
import type { Body } from './requestRules.js';

/**
 * The fields that a request can do without, by the names that servers give them. Messages, tools, the model and
 * `stream` are never left out; `response_format` has a ladder of its own (`answerLessons.ts`).
 */
const optional = [
  ...optionNamesOf('chat'),
  'max_completion_tokens',
  'max_output_tokens',
  'reasoning_effort',
  'reasoning',
  'thinking',
  'enable_thinking',
  'chat_template_kwargs',
  'extra_body',
  'stream_options',
  'tool_choice',
  'parallel_tool_calls',
];

const limits = new Set(['max_tokens', 'max_completion_tokens', 'max_output_tokens']);
/** For a server that demands a limit. */
const SOME_TOKENS = 4_096;

const isRefusal =
  /un(supported|known|recogni[sz]ed|expected)|not (be )?(support|allow|permit|accept|recogni|implement|available|valid)|extra (inputs?|fields?)|invalid|\bonly\b|must|cannot|can't|deprecated|does(n't| not)|unavailable|forbidden|too (large|high|big|small)/i;
/** The name that a refusal is about, where the text goes on with the names that are allowed. */
const refusedName =
  /(?:unknown|unrecogni[sz]ed|unexpected|unsupported|extra|invalid)[^"'`\w]{0,3}(?:\w{1,20} ){0,3}["'`](\w{1,64})["'`]/i;
const isMissing = /(field required|missing|is required|required (field|parameter))/i;
const isTooMuch = /too (large|high|big|many)|at most|less than|<=|>|range|maximum|exceed|between/i;
const onlyOne = /\bonly\b|default|does(n't| not) support/i;

/** What a refusal says about the parameters of a request. */
export function parameterLessons(refused: Refused): Lesson[] {
  const { refusal } = refused;
  const named = namedFields(refused);
  const facts = [
    ...noReasoningWithTools(refused, named),
    ...demanded(refused),
    ...named.flatMap((field): ProviderFact[] => [
      ...otherName(refused, field),
      ...lowered(refused, field),
      { kind: 'without', field: originalOf(refused, field) },
    ]),
  ];
  const keep = refusal.code === 'context_too_long' ? 'never' : 'weeks';
  return facts.map((fact) => ({ fact, keep }));
}

/**
 * The optional fields of the request that the refusal names, by the names that they were sent under. Its paths are trusted;
 * without one in the request, names in the text count if the text speaks of a refusal.
 */
function namedFields({ refusal: { paths, message }, body }: Refused): string[] {
  const sent = optional.filter((field) => field in body);
  const byPath = sent.filter((field) => paths.some((path) => path.split(/[.[]/)[0] === field));
  if (byPath.length > 0) return byPath;
  if (!isRefusal.test(message)) return [];
  const quoted = refusedName.exec(message)?.[1];
  if (quoted && sent.includes(quoted)) return [quoted];
  const words = new Set(message.split(/[^\w]+/));
  return sent.filter((field) => words.has(field));
}

const originalOf = ({ rules }: Refused, sent: string): string =>
  Object.entries(rules.renamed).find(([, to]) => to === sent)?.[0] ?? sent;

/** Some models think by default, and take tools only with `reasoning_effort: "none"`. */
function noReasoningWithTools({ refusal, body }: Refused, named: string[]): ProviderFact[] {
  const { message, paths, providerCode } = refusal;
  if (!('tools' in body) || body.reasoning_effort === 'none') return [];
  const isAboutEffort = paths.includes('reasoning_effort') || /reasoning_effort/.test(message);
  const isAboutTools = paths.some((path) => /^tools\b/.test(path)) && /unsupported/i.test(`${providerCode} ${message}`);
  const isAboutBoth = isAboutEffort && /\btools?\b|function/i.test(message);
  // Without tools in the words it is the effort itself that the model does not take; then the other lessons apply.
  if (!isAboutBoth && !isAboutTools && !(isAboutEffort && !named.includes('reasoning_effort'))) return [];
  return [{ kind: 'fixed', field: 'reasoning_effort', value: 'none', when: 'tools' }];
}

/** Values that a server demands. */
function demanded({ refusal: { message, paths }, body }: Refused): ProviderFact[] {
  const facts: ProviderFact[] = [];
  if (/enable_thinking/.test(message) && /false/i.test(message))
    facts.push({
      kind: 'fixed',
      field: 'enable_thinking',
      value: false,
      when: body.stream === true ? 'always' : 'whole',
    });
  const limit = [...limits].find((field) => paths.includes(field) || new RegExp(`\\b${field}\\b`).test(message));
  if (limit && isMissing.test(message) && !hasLimit(body))
    facts.push({ kind: 'fixed', field: limit, value: SOME_TOKENS, when: 'always' });
  return facts;
}

const hasLimit = (body: Body): boolean => [...limits].some((field) => field in body);

/** The name of a limit that the text recommends instead, or that newer models have. */
function otherName({ refusal: { message, providerCode } }: Refused, field: string): ProviderFact[] {
  if (
    field === 'max_tokens' &&
    (/max_completion_tokens/.test(message) || /unsupported/i.test(`${providerCode}${message}`))
  )
    return [{ kind: 'renamed', field, to: 'max_completion_tokens' }];
  if (field === 'max_completion_tokens' && /\bmax_tokens\b/.test(message.replaceAll('max_completion_tokens', '')))
    return [{ kind: 'renamed', field: 'max_tokens', to: 'max_tokens' }];
  return [];
}

/** The largest value that the text names below the one that was sent. */
function lowered(refused: Refused, field: string): ProviderFact[] {
  const { refusal, body } = refused;
  const sent = body[field];
  const { message } = refusal;
  // How much of a context is left depends on the prompt.
  if (refusal.code === 'context_too_long' || typeof sent !== 'number') return [];
  if (!isTooMuch.test(message) || onlyOne.test(message)) return [];
  const least = limits.has(field) ? 16 : 0;
  const numbers = message.match(/\d{1,9}(\.\d{1,4})?/g)?.map(Number) ?? [];
  const max = Math.max(...numbers.filter((value) => value >= least && value < sent));
  return Number.isFinite(max) ? [{ kind: 'capped', field: originalOf(refused, field), max }] : [];
}
