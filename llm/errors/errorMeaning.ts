import type { FailureCode } from '../../domain/log/failures.js';

/** What is read of a provider's error object. Its message decides what is meant, and goes no further. */
export type ErrorFields = {
  code?: unknown;
  type?: unknown;
  param?: unknown;
  status?: unknown;
  message?: unknown;
  request_id?: unknown;
  /** Of a body that held no error: `html`, or `other`. */
  foreign?: unknown;
};

/** Codes and types that mean the same at every status. */
const specific: Record<string, FailureCode> = {
  model_not_found: 'model_not_found',
  context_length_exceeded: 'context_too_long',
  exceed_context_size_error: 'context_too_long',
  insufficient_quota: 'provider_quota',
  quota_exceeded: 'provider_quota',
  insufficient_balance: 'provider_quota',
  insufficient_credits: 'provider_quota',
  billing_hard_limit_reached: 'provider_quota',
  billing_not_active: 'provider_quota',
  billing_error: 'provider_quota',
};

/** Codes and types of error objects that come without a status, as OpenAI and the servers that follow it name them. */
const named: Record<string, FailureCode> = {
  invalid_api_key: 'provider_unauthorized',
  authentication_error: 'provider_unauthorized',
  permission_error: 'provider_unauthorized',
  rate_limit_exceeded: 'provider_rate_limited',
  rate_limit_error: 'provider_rate_limited',
  invalid_request_error: 'provider_refused',
};

/** How servers without a code of their own say it. Each pattern takes time linear in the text. */
const tooLong = [
  /maximum context length/i,
  /context (size|window|length) (is |was |has been )?exceeded/i,
  /exceeds? (the |this )?(model's )?(available )?(maximum )?context/i,
  /exceeds? the maximum number of tokens/i,
  /(prompt|input|request) is too long/i,
  /too many (input |prompt )?tokens/i,
  /reduce the length of the (messages|prompt|input)/i,
];
const outOfCredit = [/credit balance is too low/i, /insufficient (balance|credits?|funds)/i, /requires more credits/i];

const MAX_MESSAGE = 4_000;
/** The statuses of refusals that may be about the prompt's length; others, such as 429, speak of tokens as well. */
const aboutPrompts = new Set([undefined, 400, 413, 422]);
const aboutAccounts = new Set([undefined, 400, 402, 403, 429]);

/** What an error object means beyond its status, or undefined. */
export function meaningOf(fields: ErrorFields, status: number | undefined): FailureCode | undefined {
  const known = lookUp(specific, fields);
  if (known) return known;
  const message = typeof fields.message === 'string' ? fields.message.slice(0, MAX_MESSAGE) : '';
  if (aboutPrompts.has(status) && tooLong.some((pattern) => pattern.test(message))) return 'context_too_long';
  if (aboutAccounts.has(status) && outOfCredit.some((pattern) => pattern.test(message))) return 'provider_quota';
  return undefined;
}

export const namedError = (fields: ErrorFields): FailureCode | undefined => lookUp(named, fields);

function lookUp(table: Record<string, FailureCode>, { code, type, status }: ErrorFields): FailureCode | undefined {
  const found = [code, type, status].find((name) => typeof name === 'string' && Object.hasOwn(table, name));
  return typeof found === 'string' ? table[found] : undefined;
}
