import type { Projection } from '../../client/src/index.js';
import { graphKinds } from '../../domain/timeline/graphKinds.js';
import { service } from '../data/service.js';
import { type ChatQuery, useChatQuery } from '../data/stream/chatQuery.js';
import type { OpenChat } from '../data/stream/openChat.js';

export const useProjection = (chat: OpenChat): ChatQuery<Projection> =>
  useChatQuery(chat, () => service.getProjection(chat.id), graphKinds);

export const hasPlan = (projection: Projection | null): projection is Projection =>
  projection !== null && (projection.plan !== null || projection.steps.length > 0);
