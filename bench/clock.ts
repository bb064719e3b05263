import { preciseNow } from '../test/support/provider/scriptedReply.js';
import type { SpawnedProvider } from '../test/support/provider/spawnScriptedProvider.js';
import { median } from './stats.js';

/** Milliseconds since 1970 with a fraction, as the provider stamps its tokens: all clocks here are one machine's. */
export const now = preciseNow;

const askings = 100;

/**
 * By how many milliseconds the provider's clock seems to be ahead of ours: when it saw a request, less the
 * middle of the time that the request took, in the quickest tenth of many.
 */
export async function clockOffset(provider: SpawnedProvider): Promise<number> {
  await provider.script({ always: { json: {} } });
  await provider.forget();
  const sent: { took: number; middle: number }[] = [];
  for (let n = 0; n < askings; n++) {
    const before = now();
    const answer = await fetch(`${provider.baseUrl}/chat/completions`, {
      method: 'POST',
      body: '{"model":"clock","messages":[]}',
    });
    const after = now();
    await answer.arrayBuffer();
    sent.push({ took: after - before, middle: (before + after) / 2 });
  }
  const seen = await provider.requests();
  const offsets = sent.map(({ took, middle }, n) => ({ took, offset: (seen[n]?.at ?? Number.NaN) - middle }));
  const quickest = offsets.sort((a, b) => a.took - b.took).slice(0, askings / 10);
  return median(quickest.map(({ offset }) => offset));
}
