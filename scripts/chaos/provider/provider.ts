import { startScriptedProvider } from '../../../test/support/provider/scriptedProvider.js';
import { startScriptedResponses } from '../../../test/support/provider/scriptedResponses.js';
import { startScriptedUpstream } from '../../../test/support/provider/scriptedUpstream.js';
import { type Front, startFront } from './front.js';
import { type Pace, scriptCompletions, scriptResponses, scriptUpstream } from './script.js';

export type ChaosProvider = { front: Front; close(): Promise<void> };

/** All that the service asks over HTTP, behind one door: both of OpenAI's APIs, and another chat service. */
export async function startChaosProvider(pace: Pace): Promise<ChaosProvider> {
  const completions = await startScriptedProvider();
  const responses = await startScriptedResponses();
  const upstream = await startScriptedUpstream();
  scriptCompletions(completions, pace);
  scriptResponses(responses, pace);
  scriptUpstream(upstream, pace);
  const [responsesPort, upstreamPort] = [portOf(responses.baseUrl), portOf(upstream.baseUrl)];
  const front = await startFront((path) => {
    if (path.startsWith('/v1/responses')) return responsesPort;
    return path.startsWith('/base/') ? upstreamPort : completions.port;
  });
  return {
    front,
    async close() {
      await front.close();
      await Promise.all([completions.close(), responses.close(), upstream.close()]);
    },
  };
}

const portOf = (url: string) => Number(new URL(url).port);
