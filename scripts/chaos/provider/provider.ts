import { startScriptedProvider } from '../../../test/support/provider/scriptedProvider.js';
import { startScriptedResponses } from '../../../test/support/provider/scriptedResponses.js';
import { startScriptedUpstream } from '../../../test/support/provider/scriptedUpstream.js';
import { type FaultProxy, startFaultProxy } from './faultProxy.js';
import { type Pace, scriptCompletions, scriptResponses, scriptUpstream } from './script.js';

export type ChaosProvider = { faultProxy: FaultProxy; close(): Promise<void> };

/** Every server that the service calls over HTTP, behind one proxy: both of OpenAI's APIs and a relay upstream. */
export async function startChaosProvider(pace: Pace): Promise<ChaosProvider> {
  const completions = await startScriptedProvider();
  const responses = await startScriptedResponses();
  const upstream = await startScriptedUpstream();
  scriptCompletions(completions, pace);
  scriptResponses(responses, pace);
  scriptUpstream(upstream, pace);
  const [responsesPort, upstreamPort] = [portOf(responses.baseUrl), portOf(upstream.baseUrl)];
  const faultProxy = await startFaultProxy((path) => {
    if (path.startsWith('/v1/responses')) return responsesPort;
    return path.startsWith('/base/') ? upstreamPort : completions.port;
  });
  return {
    faultProxy,
    async close() {
      await faultProxy.close();
      await Promise.all([completions.close(), responses.close(), upstream.close()]);
    },
  };
}

const portOf = (url: string) => Number(new URL(url).port);
