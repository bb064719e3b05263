/** Why the service can't start, in a sentence that says what to do. Printed as it is, without a stack. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** The start-up was asked to stop: by Ctrl-C, SIGTERM, or because another part of it failed. */
export class StartAborted extends Error {
  override readonly name = 'StartAborted';
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
