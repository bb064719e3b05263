import type { Chat } from '../../../db/chats/chats.js';
import type { NewChat } from '../../../db/chats/newChat.js';
import type { Preparation } from '../../../db/turns/prepareTurn.js';

/** What a request says of the model and its instructions, from its turn on. What is left out stays. */
export const settingsOf = (asked: { model: string; instructions: string | null }): Preparation['settings'] => ({
  model: asked.model,
  ...(asked.instructions === null ? {} : { systemPrompt: asked.instructions }),
});

/**
 * Whether a chat can answer as what a request's model stands for: a host and a persona answer in their own chats. The name
 * of a model is taken by every chat that has models.
 */
export function answersAs(chat: Pick<Chat, 'kind' | 'hostId' | 'settings'>, wanted: NewChat): boolean {
  switch (wanted.kind) {
    case 'narrative':
      return chat.kind === 'narrative' && chat.hostId === wanted.hostId;
    case 'relay':
      return chat.kind === 'relay' && chat.settings.persona === wanted.settings.persona;
    case 'agent':
    case 'document':
      return chat.kind === 'agent' || chat.kind === 'document';
  }
}
