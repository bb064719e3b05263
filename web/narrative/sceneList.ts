import { list } from '../data/api.js';
import { type Followed, useFollowed } from '../data/follow.js';
import type { OpenChat } from '../data/openChat.js';
import type { Scene } from '../data/resources.js';

/** A chat's scenes, oldest first. */
export const useScenes = (chat: OpenChat): Followed<Scene[]> =>
  useFollowed(chat, () => list<Scene>(`/v1/chats/${chat.id}/scenes`), [
    'scene_opened',
    'scene_closed',
    'scene_summary',
  ]);
