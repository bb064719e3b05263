import { coalesce } from '../../lib/coalesce.js';
import { withinOr } from '../../lib/within.js';

/** A check throws, or answers with what is missing; null when all is well. */
type Check = () => Promise<string | null>;
export type Checks = Record<string, Check>;
export type Readiness = { ready: boolean; checks: Record<string, 'ok' | string> };

const checkMs = 1_000;

/** Runs all checks in parallel, each with a bound. Calls that come meanwhile get the same answer. */
export const createReadiness = (checks: Checks): (() => Promise<Readiness>) => coalesce(() => runChecks(checks));

async function runChecks(checks: Checks): Promise<Readiness> {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check)] as const),
  );
  return { ready: outcomes.every(([, outcome]) => outcome === 'ok'), checks: Object.fromEntries(outcomes) };
}

async function outcomeOf(check: Check): Promise<string> {
  try {
    const outcome = check().then((missing) => missing ?? 'ok');
    return await withinOr(checkMs, outcome, `no answer within ${checkMs} ms`);
  } catch {
    // Without the error: it may hold addresses and names of the inside.
    return 'can not be reached';
  }
}
