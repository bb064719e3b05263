import pg from 'pg';

/** Statements by their text, which is constant: there are no more of them than places in the code that run one. */
const statementNames = new Map<string, string>();

function nameOf(text: string): string {
  const name = statementNames.get(text) ?? `s${statementNames.size}`;
  statementNames.set(text, name);
  return name;
}

const IN_FAILED_TRANSACTION = '25P02';

/**
 * Keeps which error made a transaction fail. Statements that were sent together all fail then, the others with
 * 25P02, and which of them rejects first for the caller depends on how deeply its promise is wrapped.
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

  /** Forgets what made an earlier transaction fail. */
  beginTracking(): void {
    this.#failedWith = null;
  }

  /** The error that made the transaction fail, for one that only says that it has. */
  rootOf(error: unknown): unknown {
    const { code } = (error ?? {}) as { code?: unknown };
    return code === IN_FAILED_TRANSACTION ? (this.#failedWith ?? error) : error;
  }
}

/** Has a connection parse and plan each statement once: that took longer than most of them take to run. */
export class PreparingClient extends TrackingClient {
  // biome-ignore lint/suspicious/noExplicitAny: the library's own signature, which has twelve overloads
  override query(statement: any, values?: any, callback?: any): any {
    if (typeof statement !== 'string' || !Array.isArray(values)) return super.query(statement, values, callback);
    return super.query({ name: nameOf(statement), text: statement, values }, callback);
  }
}
