import type { Scene } from '../../../client/src/index.js';
import { service } from '../../data/service.js';
import { type ChatQuery, useChatQuery } from '../../data/stream/chatQuery.js';
import type { OpenChat } from '../../data/stream/openChat.js';

/** The scenes of a chat, oldest first. */
export const useScenes = (chat: OpenChat): ChatQuery<Scene[]> =>
  useChatQuery(chat, () => service.listScenes(chat.id), ['scene_opened', 'scene_closed', 'scene_summary']);
