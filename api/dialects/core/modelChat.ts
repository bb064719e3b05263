import type { ChatSettings } from '../../../db/chats/chats.js';
import type { NewChat } from '../../../db/chats/newChat.js';
import { Problem } from '../../http/problem.js';

type Wishes = { model: string; instructions: string | null; temperature: number | undefined; relays: boolean };

/** The chat that a model's name stands for: a character, a persona of the relay, or an agent without tools. */
export function chatOfModel({ model, instructions, temperature, relays }: Wishes): NewChat {
  const [, family, name = ''] = /^(character|relay):(.+)$/s.exec(model) ?? [];
  if (family === 'character') return { kind: 'narrative', title: null, hostId: name, guestId: null, scene: null };
  if (family === 'relay') {
    if (!relays)
      throw new Problem('kind_not_available', 'model: relay needs UPSTREAM_BASE_URL, the service that answers');
    return { kind: 'relay', title: null, settings: { persona: name } };
  }
  const settings: ChatSettings = {
    model,
    enabledTools: [],
    ...(instructions === null ? {} : { systemPrompt: instructions }),
    ...(temperature === undefined ? {} : { temperature }),
  };
  return { kind: 'agent', title: null, documentId: null, settings };
}
