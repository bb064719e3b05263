import { createHash } from 'node:crypto';

/** The hash of a request's values, in their order: an idempotency key may be used again only with the same ones. */
export const requestHash = (values: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex');
