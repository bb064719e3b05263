import { readHandedCalls } from '../../../db/agents/clientFunctions.js';
import type { Db } from '../../../db/core/pool.js';
import type { ClientOutput } from '../../../domain/agents/clientFunctions.js';
import { Problem } from '../../http/problem.js';

/** Of one request, in UTF-16 code units: every prompt that follows has them. */
const MAX_OUTPUTS = 8 * 1024 * 1024;

/** Refuses outputs that are too long together. Throws `body_too_large`. */
export function mustFit(outputs: readonly ClientOutput[]): void {
  const length = outputs.reduce((sum, { output }) => sum + output.length, 0);
  if (length > MAX_OUTPUTS) throw new Problem('body_too_large', 'The outputs of functions are too long together');
}

/** The first of these outputs whose call does not wait for one; null if all do. */
export async function findStrayOutput(
  db: Db,
  chatId: string,
  outputs: readonly ClientOutput[],
): Promise<ClientOutput | null> {
  const ids = outputs.map(({ callId }) => callId);
  const handed = new Set((await readHandedCalls(db, chatId, ids)).map(({ callId }) => callId));
  return outputs.find(({ callId }) => !handed.has(callId)) ?? null;
}

/** The turn that asked for a call which its client runs, by the id that the call has; null for ids of other calls. */
export function askingTurnOf(callId: string): string | null {
  const [, a, b, c, d, e] =
    /^call_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_/.exec(callId) ?? [];
  return a === undefined ? null : `turn_${[a, b, c, d, e].join('-')}`;
}

/** The text of an output: clients send it whole, or as parts. */
export function outputText(given: unknown): string {
  if (typeof given === 'string') return given;
  if (!Array.isArray(given)) return JSON.stringify(given ?? '');
  return given
    .map((part) => {
      const { text } = Object(part) as { text?: unknown };
      return typeof text === 'string' ? text : JSON.stringify(part);
    })
    .join('\n');
}
