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
  image_parse_error: 'image_refused',
  invalid_image: 'image_refused',
  invalid_image_format: 'image_refused',
  invalid_base64_image: 'image_refused',
  invalid_image_url: 'image_refused',
  image_too_large: 'image_refused',
  image_too_small: 'image_refused',
  empty_image_file: 'image_refused',
  unsupported_image_media_type: 'image_refused',
  image_file_too_large: 'image_refused',
  request_too_large: 'context_too_long',
  insufficient_quota: 'provider_quota',
  quota_exceeded: 'provider_quota',
  insufficient_balance: 'provider_quota',
  insufficient_credits: 'provider_quota',
  billing_hard_limit_reached: 'provider_quota',
  billing_not_active: 'provider_quota',
  billing_error: 'provider_quota',
  credit_limit: 'provider_quota',
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
  /balance (is|was) (insufficient|not enough|exhausted)/i,
  /not enough (balance|credits?|funds)/i,
  /credit limit (exceeded|reached)/i,
  /account is in arrears/i,
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
  /(unsafe|contains?) (or )?sensitive (content|words?|information)/i,
  /rejected as a result of our safety system/i,
];
/** Of a key, at servers that answer it with 400. */
const badKey = [
  /api[ -]?key (is )?(not valid|invalid|expired)/i,
  /(incorrect|invalid|expired) api[ -]?key/i,
  /authentication (error|failed)/i,
];

/** Of a model or a server that takes no images at all. */
const withoutImages = [
  /\bimages?( inputs?| content)?( blocks?| parts?)? (is|are) (not|n't) (supported|enabled|allowed|available|accepted)/i,
  /(does(n't| not)|do not|cannot|can't|not) (support|accept|take|allow|handle|have) (any )?(images?|vision|multi-?modal|visual)\b(?! (format|media|type|url|size))/i,
  /image_url.{0,20} is only supported by certain models/i,
  /unknown variant .{0,3}(image|input_image|image_url)\b/i,
  /no endpoints found that support image input/i,
  /at most 0 image/i,
  /is not a (multi-?modal|vision) model/i,
  /missing data required for image input/i,
  /(unsupported|invalid) content (part )?type.{0,20}(image|image_url|input_image)\b/i,
  /(no|without) (vision|image|multi-?modal) (support|capabilit|input)/i,
  /\b(has|have) no (vision|images?|multi-?modal)\b/i,
];
/** Of one image that can't be used. */
const badImage = [
  /at most \d{1,4} image/i,
  /\bimage.{0,60}(exceeds?|too (large|big|many)|larger than|maximum (allowed )?size)/i,
  /(could not|unable to|failed to|can ?not|can't) (process|decode|load|read|open|identify|parse) (the |this |an? |input )?(uploaded |provided )?image/i,
  /(invalid|corrupt(ed)?|malformed|unsupported|unrecogni[sz]ed) (base64 )?image/i,
  /image.{0,30} (is |does not represent a )?(invalid|valid image|corrupt|unsupported|malformed)/i,
  /(does not|doesn't) represent a valid image/i,
];

const MAX_MESSAGE = 4_000;
/** Statuses whose message may be about the prompt's length. Messages of others, such as 429, also mention tokens. */
const aboutPrompts = new Set([undefined, 400, 413, 422, 500]);
const aboutAccounts = new Set([undefined, 400, 402, 403, 429]);
const aboutImages = new Set([undefined, 400, 404, 413, 415, 422, 500, 501]);
const aboutContent = new Set([undefined, 400, 403, 422]);
const aboutKeys = new Set([undefined, 400]);

/** The failure that the fields of an error mean, or undefined when only the status counts. */
export function meaningOf(fields: ErrorFields, status: number | undefined): FailureCode | undefined {
  const known = lookUp(specific, fields);
  if (known) return known;
  const message = typeof fields.message === 'string' ? fields.message.slice(0, MAX_MESSAGE) : '';
  if (aboutImages.has(status) && withoutImages.some((pattern) => pattern.test(message))) return 'images_unsupported';
  if (aboutImages.has(status) && badImage.some((pattern) => pattern.test(message))) return 'image_refused';
  if (aboutPrompts.has(status) && tooLong.some((pattern) => pattern.test(message))) return 'context_too_long';
  if (aboutAccounts.has(status) && outOfCredit.some((pattern) => pattern.test(message))) return 'provider_quota';
  if (aboutContent.has(status) && filtered.some((pattern) => pattern.test(message))) return 'content_filter';
  if (aboutKeys.has(status) && badKey.some((pattern) => pattern.test(message))) return 'provider_unauthorized';
  return codeOnLine(message);
}

/** A code that was nested more deeply is a line of its own in the message. */
const codeOnLine = (message: string): FailureCode | undefined => {
  const lines = message.split('\n', MAX_LINES).map((line) => line.toLowerCase());
  const code = lines.find((line) => Object.hasOwn(specific, line));
  return code === undefined ? undefined : specific[code];
};

const MAX_LINES = 32;

export const namedError = (fields: ErrorFields): FailureCode | undefined => lookUp(named, fields);

function lookUp(table: Record<string, FailureCode>, { code, type, status }: ErrorFields): FailureCode | undefined {
  for (const name of [code, type, status]) {
    const known = typeof name === 'string' ? name.toLowerCase() : '';
    if (Object.hasOwn(table, known)) return table[known];
  }
  return undefined;
}
