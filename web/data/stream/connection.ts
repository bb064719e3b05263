import type { ConnectionState, FollowEnd } from '../../../client/src/index.js';

/** The live connection as it is shown. `why`: a sentence for the user. */
export type Connection = { state: 'connecting' | 'open' | 'lost' } | { state: 'refused'; why: string };

const refusalMessages: Record<FollowEnd, string> = {
  invalid_cursor: 'This chat has changed on the server. Reload the page.',
  unauthorized: 'The API key was not accepted.',
  chat_not_found: 'This chat was deleted.',
};

export function connectionOf(state: ConnectionState): Connection {
  switch (state.name) {
    case 'connecting':
      return { state: state.failures === 0 ? 'connecting' : 'lost' };
    case 'live':
      return { state: 'open' };
    case 'waiting':
    case 'closed':
      return { state: 'lost' };
    case 'refused':
      return { state: 'refused', why: refusalMessages[state.code] };
  }
}
