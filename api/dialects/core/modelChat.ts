import type { ChatSettings } from '../../../db/chats/chats.js';
import type { EarlierMessage, NewChat } from '../../../db/chats/newChat.js';
import { Problem } from '../../http/problem.js';

type Wishes = {
  model: string;
  instructions: string | null;
  earlier: readonly EarlierMessage[];
  relays: boolean;
};

/** The chat that a model's name stands for: a character, a persona of the relay, or an agent without tools. */
export function chatOfModel({ model, instructions, earlier: given, relays }: Wishes): NewChat {
  const [, family, name = ''] = /^(character|relay):(.+)$/s.exec(model) ?? [];
  // Only an agent's prompt has calls.
  const earlier = family ? given.flatMap(({ role, text }) => (text === '' ? [] : [{ role, text }])) : given;
  if (family === 'character') {
    return { kind: 'narrative', title: null, earlier, hostId: name, guestId: null, scene: null };
  }
  if (family === 'relay') {
    if (!relays)
      throw new Problem('kind_not_available', 'model: relay needs UPSTREAM_BASE_URL, the service that answers');
    return { kind: 'relay', title: null, earlier, settings: { persona: name } };
  }
  const settings: ChatSettings = {
    model,
    enabledTools: [],
    ...(instructions === null ? {} : { systemPrompt: instructions }),
  };
  return { kind: 'agent', title: null, earlier, documentId: null, settings };
}
