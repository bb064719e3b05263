import type { Scene } from '../../client/src/index.js';
import { list } from '../data/api.js';
import { type ChatQuery, useChatQuery } from '../data/chatQuery.js';
import type { OpenChat } from '../data/openChat.js';

/** The scenes of a chat, oldest first. */
export const useScenes = (chat: OpenChat): ChatQuery<Scene[]> =>
  useChatQuery(chat, () => list<Scene>(`/v1/chats/${chat.id}/scenes`), [
    'scene_opened',
    'scene_closed',
    'scene_summary',
  ]);
