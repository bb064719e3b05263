import type { FailureCode } from '../../domain/log/failures.js';

const tryAgain = 'Try again in a moment.';
const askOperator = 'If it happens again, tell whoever runs this service.';

/** What the reader can do after a failure, beside what its message says already. */
const advice: Record<FailureCode, string> = {
  provider_unauthorized: 'Then try again: your message is kept.',
  provider_refused: 'Choose another model, or change the message.',
  provider_quota: 'Or choose a model of another provider.',
  provider_not_an_api: 'It often lacks “/v1” at its end.',
  images_unsupported: '',
  image_refused: '',
  context_too_long: 'You can also fork this chat at an earlier message.',
  model_not_found: 'Or choose another model.',
  provider_host_not_allowed: 'Ask whoever runs this service to allow it.',
  provider_failed: '',
  provider_gone: '',
  provider_key_unreadable: 'Enter the key of the provider again.',
  provider_rate_limited: 'Wait a minute, then try again.',
  provider_error: tryAgain,
  provider_unreachable: 'Check that the provider runs and that its address is right, then try again.',
  provider_silent: tryAgain,
  stream_broken: tryAgain,
  response_gone: tryAgain,
  empty_reply: 'Try again, or change the message.',
  thought_only: '',
  bad_answer: 'Try again, or choose another model.',
  length: 'Ask it to go on, or allow longer replies.',
  content_filter: '',
  reply_timeout: 'Ask for less at once, or try again.',
  max_iterations: 'Ask for less at once, or tell the agent to go on.',
  reply_too_large: 'Ask for a shorter reply.',
  upstream_unreachable: tryAgain,
  upstream_silent: tryAgain,
  upstream_error: tryAgain,
  upstream_refused: 'Change the message, or ask whoever runs that service.',
  upstream_timeout: tryAgain,
  jwt_mint_failed: askOperator,
  superseded: '',
  workflow_terminated: 'You can try again.',
  workflow_failing: `Try again. ${askOperator}`,
  workflow_lost: 'Try again: your message is kept.',
  turn_gone: 'Send the message again.',
  internal: `Try again. ${askOperator}`,
};

/** A sentence on what to do; empty where the failure's message says it. A newer service may send codes that this page does not know. */
export function adviceFor(code: string): string {
  const known: Record<string, string | undefined> = advice;
  return known[code] ?? tryAgain;
}
