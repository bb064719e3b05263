import type { ConnectionState, FollowEnd } from '../../../client/src/index.js';

/** The live connection as it is shown. `why`: the code of the refusal. */
export type Connection = { state: 'connecting' | 'open' | 'lost' } | { state: 'refused'; why: FollowEnd };

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
      return { state: 'refused', why: state.code };
  }
}
