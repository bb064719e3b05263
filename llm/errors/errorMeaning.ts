import type { FailureCode } from '../../domain/log/failures.js';

/** The fields that are read of a provider's error object. The message is only matched, and then dropped. */
export type ErrorFields = {
  code?: unknown;
  type?: unknown;
  param?: unknown;
  status?: unknown;
  message?: unknown;
  request_id?: unknown;
  /** The paths of all fields that the error names. `param` is the first. */
  paths?: unknown;
  /** Set for a body without an error: `html`, or `other`. */
  foreign?: unknown;
};

/** Codes and types with the same meaning at every status, in lower case. */
const specific: Record<string, FailureCode> = {
  model_not_found: 'model_not_found',
  context_length_exceeded: 'context_too_long',
  exceed_context_size_error: 'context_too_long',
  request_too_large: 'context_too_long',
  insufficient_quota: 'provider_quota',
  quota_exceeded: 'provider_quota',
  insufficient_balance: 'provider_quota',
  insufficient_credits: 'provider_quota',
  billing_hard_limit_reached: 'provider_quota',
  billing_not_active: 'provider_quota',
  billing_error: 'provider_quota',
  exceeded_current_quota_error: 'provider_quota',
  arrearage: 'provider_quota',
  accountoverdueerror: 'provider_quota',
  content_filter: 'content_filter',
  content_policy_violation: 'content_filter',
  responsibleaipolicyviolation: 'content_filter',
  data_inspection_failed: 'content_filter',
  datainspectionfailed: 'content_filter',
};

/** Codes and types for error objects without a status. */
const named: Record<string, FailureCode> = {
  invalid_api_key: 'provider_unauthorized',
  authentication_error: 'provider_unauthorized',
  permission_error: 'provider_unauthorized',
  rate_limit_exceeded: 'provider_rate_limited',
  rate_limit_error: 'provider_rate_limited',
  invalid_request_error: 'provider_refused',
  not_found_error: 'model_not_found',
};

/** The messages of servers without a code for it. Each pattern takes time linear in the text. */
const tooLong = [
  /maximum context length/i,
  /context (size|window|length) (is |was |has been )?exceeded/i,
  /exceeds? (the |this )?(model's )?(available )?(maximum )?context/i,
  /exceeds? the maximum number of tokens/i,
  /(prompt|input|request) is too long/i,
  /too many (input |prompt )?tokens/i,
  /reduce (the length of the (messages|prompt|input)|your message size)/i,
  /exceeded model token limit/i,
  /exceeds? context limit/i,
  /maximum (model|prompt) length/i,
  /context (the )?overflows/i,
  /range of input length/i,
];
const outOfCredit = [
  /credit balance is too low/i,
  /insufficient (balance|credits?|funds)/i,
  /requires more credits/i,
  /(used all available|have any|out of) credits/i,
  /(monthly spending|total|key) limit (exceeded|reached)/i,
  /reached (its|your) monthly spending limit/i,
];
/** Of a prompt that a filter refused. */
const filtered = [
  /content exists risk/i,
  /content management policy/i,
  /considered high risk/i,
  /inappropriate content/i,
  /(content|usage) policy violation/i,
  /requires moderation/i,
  /flagged (by|as|for)/i,
];

const MAX_MESSAGE = 4_000;
/** Statuses whose message may be about the prompt's length. Messages of others, such as 429, also mention tokens. */
const aboutPrompts = new Set([undefined, 400, 413, 422]);
const aboutAccounts = new Set([undefined, 400, 402, 403, 429]);
const aboutContent = new Set([undefined, 400, 403, 422]);

/** The failure that the fields of an error mean, or undefined when only the status counts. */
export function meaningOf(fields: ErrorFields, status: number | undefined): FailureCode | undefined {
  const known = lookUp(specific, fields);
  if (known) return known;
  const message = typeof fields.message === 'string' ? fields.message.slice(0, MAX_MESSAGE) : '';
  if (aboutPrompts.has(status) && tooLong.some((pattern) => pattern.test(message))) return 'context_too_long';
  if (aboutAccounts.has(status) && outOfCredit.some((pattern) => pattern.test(message))) return 'provider_quota';
  if (aboutContent.has(status) && filtered.some((pattern) => pattern.test(message))) return 'content_filter';
  return undefined;
}

export const namedError = (fields: ErrorFields): FailureCode | undefined => lookUp(named, fields);

function lookUp(table: Record<string, FailureCode>, { code, type, status }: ErrorFields): FailureCode | undefined {
  for (const name of [code, type, status]) {
    const known = typeof name === 'string' ? name.toLowerCase() : '';
    if (Object.hasOwn(table, known)) return table[known];
  }
  return undefined;
}
