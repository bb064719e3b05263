import { Problem } from '../http/problem.js';

/** RFC 6750: a challenge names the error only if the request had a token. */
const challenge = (error: string) => ({ 'WWW-Authenticate': `Bearer error="${error}"` });

export const unauthorized = (): Problem => new Problem('unauthorized', undefined, { 'WWW-Authenticate': 'Bearer' });

export const invalidToken = (why: string): Problem =>
  new Problem('unauthorized', `The bearer token is not accepted: ${why}`, challenge('invalid_token'));

export const expired = (): Problem => new Problem('token_expired', undefined, challenge('invalid_token'));

export const insufficientScope = (why?: string): Problem =>
  new Problem('insufficient_scope', why, challenge('insufficient_scope'));
