import type { Chat } from '../../client/src/index.js';

/** What an agent or relay chat was created with. The client's `Chat` has no type for it: it depends on the kind. */
export type ChatSettings = {
  systemPrompt?: string;
  providerId?: string;
  model?: string;
  temperature?: number;
  maxIterations?: number;
  thinkingEnabled?: boolean;
  enabledTools?: string[];
  persona?: string;
  sessionId?: string;
};

export const settingsOf = (chat: Chat): ChatSettings => chat.settings;
