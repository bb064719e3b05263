/** A check throws, or answers with what is missing; null when all is well. */
type Check = () => Promise<string | null>;
export type Checks = Record<string, Check>;
export type Readiness = { ready: boolean; checks: Record<string, 'ok' | string> };

const checkMs = 1_000;

/** Runs all checks side by side, each bounded. Whoever asks meanwhile gets the same answer. */
export function createReadiness(checks: Checks): () => Promise<Readiness> {
  let running: Promise<Readiness> | null = null;
  return () => {
    running ??= runChecks(checks).finally(() => {
      running = null;
    });
    return running;
  };
}

async function runChecks(checks: Checks): Promise<Readiness> {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check)] as const),
  );
  return { ready: outcomes.every(([, outcome]) => outcome === 'ok'), checks: Object.fromEntries(outcomes) };
}

async function outcomeOf(check: Check): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${checkMs} ms`), checkMs);
  });
  try {
    return await Promise.race([check().then((missing) => missing ?? 'ok'), late]);
  } catch {
    // What went wrong is for the log of whoever is away; addresses and names stay inside.
    return 'can not be reached';
  } finally {
    clearTimeout(timer);
  }
}
