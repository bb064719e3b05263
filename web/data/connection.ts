import type { ConnectionState, FollowEnd, Following, ViewerFrame } from '../../client/src/index.js';
import { client } from './api.js';

/** Connected; about to be, again; or gone for good, in words that say why. */
export type Connection = { state: 'connecting' | 'open' | 'lost' } | { state: 'refused'; why: string };

const words: Record<FollowEnd, string> = {
  invalid_cursor: 'This chat is shorter than it was. Reload the page.',
  unauthorized: 'The key was refused.',
  chat_not_found: 'This chat does not exist any more.',
};

type Options = { after: number; onFrame(frame: ViewerFrame): void; onConnection(connection: Connection): void };

/** Follows a chat over its live socket. */
export const followChat = (chatId: string, { after, onFrame, onConnection }: Options): Following =>
  client.followChat(chatId, { after, onFrame, onState: (state) => onConnection(shown(state)) });

function shown(state: ConnectionState): Connection {
  switch (state.name) {
    case 'connecting':
      return { state: state.failures === 0 ? 'connecting' : 'lost' };
    case 'live':
      return { state: 'open' };
    case 'waiting':
    case 'closed':
      return { state: 'lost' };
    case 'refused':
      return { state: 'refused', why: words[state.code] };
  }
}
