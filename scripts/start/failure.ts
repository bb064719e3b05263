/** The service can't start. The message says why and what to do, and is printed without a stack. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** The start was aborted: by Ctrl-C, by SIGTERM, or because another part of it failed. */
export class StartAborted extends Error {
  override readonly name = 'StartAborted';
}

/** The error's message; of an aggregate error those of its parts. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
