import pg from 'pg';

/** Names of prepared statements by their text. Texts are constants in the code, so the map stays small. */
const statementNames = new Map<string, string>();

function nameOf(text: string): string {
  const name = statementNames.get(text) ?? `s${statementNames.size}`;
  statementNames.set(text, name);
  return name;
}

const IN_FAILED_TRANSACTION = '25P02';

/**
 * Keeps the error that made a transaction fail. When one of several pipelined statements fails, the later ones fail
 * with 25P02. Which rejection the caller sees first depends on how deeply its promise is wrapped.
 */
export class TrackingClient extends pg.Client {
  #failedWith: unknown = null;

  // biome-ignore lint/suspicious/noExplicitAny: the library's own signature, which has twelve overloads
  override query(statement: any, values?: any, callback?: any): any {
    const result = super.query(statement, values, callback) as unknown;
    if (result instanceof Promise) {
      result.catch((error: { code?: unknown }) => {
        if (error.code !== IN_FAILED_TRANSACTION) this.#failedWith ??= error;
      });
    }
    return result;
  }

  /** Clears the error of an earlier transaction. */
  beginTracking(): void {
    this.#failedWith = null;
  }

  /** For a 25P02, the error that made the transaction fail. Any other error is returned as it is. */
  rootOf(error: unknown): unknown {
    const { code } = (error ?? {}) as { code?: unknown };
    return code === IN_FAILED_TRANSACTION ? (this.#failedWith ?? error) : error;
  }
}

/** Prepares each statement once per connection: parsing and planning take longer than most statements run. */
export class PreparingClient extends TrackingClient {
  // biome-ignore lint/suspicious/noExplicitAny: the library's own signature, which has twelve overloads
  override query(statement: any, values?: any, callback?: any): any {
    if (typeof statement !== 'string' || !Array.isArray(values)) return super.query(statement, values, callback);
    return super.query({ name: nameOf(statement), text: statement, values }, callback);
  }
}
