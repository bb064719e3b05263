import type { ProfileName } from '../../../../domain/providers/profileNames.js';
import type { CompletionRequest } from '../../../../scripts/provider/chunks.js';
import type { ScriptedProvider } from '../scriptedProvider.js';
import { type Reply, whole } from '../scriptedReply.js';
import { promptedSchema } from './promptedSchema.js';
import { ignoresSchemas, strictServers } from './strictServers.js';

type Asked = { body: CompletionRequest; requestId: string | undefined };

/** Has the scripted provider refuse what the servers of a profile refuse, and answer everything else. */
export function beStrict(server: ScriptedProvider, profile: ProfileName): void {
  const refusal = ({ body }: Asked): Reply | null =>
    strictServers[profile](body as CompletionRequest & Record<string, unknown>);
  const inProse = (asked: Asked): Reply | undefined => {
    const isTold = promptedSchema({ ...asked, body: { ...asked.body, stream: false } }) !== undefined;
    return ignoresSchemas.has(profile) && !isTold ? { content: 'It matters very much.' } : undefined;
  };
  server.script((asked) => refusal(asked) ?? whole('The lamp ', 'turns.'));
  server.classify((asked) => refusal(asked) ?? inProse(asked));
}
