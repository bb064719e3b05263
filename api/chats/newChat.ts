import { z } from 'zod';
import type { NewChat } from '../../db/chats/newChat.js';
import { MAX_ITERATIONS } from '../../domain/agents/settings.js';
import { chatOptionChanges, chatOptionFields } from '../../domain/turns/turnOptionSchemas.js';
import { name, persona, prose, text, title } from '../http/input.js';
import { flattened, onlyOnce, withNested } from './settingsFields.js';

const offset = z.number().int().nonnegative();

const narrativeChat = z
  .strictObject({
    kind: z.literal('narrative'),
    title: title().optional(),
    hostId: text(100),
    guestId: text(100).nullable().optional(),
    scene: z.strictObject({ container: name(1_000) }).optional(),
    ...withNested(chatOptionFields),
  })
  .superRefine(onlyOnce);

const documentChat = z
  .strictObject({
    kind: z.literal('document'),
    title: title().optional(),
    documentId: text(100),
    anchor: z
      .strictObject({ quote: name(100_000), start: offset.optional(), end: offset.optional() })
      .meta({ description: 'the part it is about; `start` and `end` count UTF-16 code units' })
      .optional(),
    ...withNested(chatOptionFields),
  })
  .superRefine(onlyOnce);

const agentSettings = {
  systemPrompt: prose().optional(),
  providerId: text(100).optional(),
  model: name(200).optional(),
  ...chatOptionFields,
  maxIterations: z.number().int().min(1).max(MAX_ITERATIONS).optional(),
  thinkingEnabled: z.boolean().optional(),
  enabledTools: z
    .array(name(64))
    .max(200)
    .meta({ description: 'names of tools; left out: the built-in ones' })
    .optional(),
};

const agentChat = z
  .strictObject({
    kind: z.literal('agent'),
    title: title().optional(),
    documentId: text(100).optional().meta({ description: 'the document that its tools read and propose edits to' }),
    ...withNested(agentSettings),
  })
  .superRefine(onlyOnce);

const relaySettings = {
  persona: persona().optional().meta({ description: 'required, here or in `settings`' }),
  sessionId: name(200).optional(),
};

const relayChat = z
  .strictObject({ kind: z.literal('relay'), title: title().optional(), ...withNested(relaySettings) })
  .superRefine((body, issues) => {
    onlyOnce(body, issues);
    if ((body.persona ?? body.settings?.persona) === undefined)
      issues.addIssue({ code: 'custom', path: ['persona'], message: 'is required' });
  });

/** What can be changed of a chat's settings; but for the options of its turns, of an agent's. Null: back to the server's default. */
const agentSettingsChange = {
  systemPrompt: prose().nullable().optional(),
  providerId: text(100).nullable().optional(),
  model: name(200).nullable().optional(),
  ...chatOptionChanges,
  maxIterations: z.number().int().min(1).max(MAX_ITERATIONS).nullable().optional(),
  thinkingEnabled: z.boolean().nullable().optional(),
  enabledTools: z.array(name(64)).max(200).nullable().optional(),
};

/** The body of a change of a chat. */
export const chatChangeBody = z
  .strictObject({
    title: title().optional(),
    titleIsProvisional: z.boolean().optional().meta({
      description:
        'the title stands in until the service has made one of the first exchange (`CHAT_TITLES`). It replaces no title that a person or the service gave',
    }),
    guestId: text(100).nullable().optional(),
    ...withNested(agentSettingsChange),
  })
  .superRefine(onlyOnce);

/** The settings of a chat, as its resource shows them. Narrative and document chats have only options of turns. */
export const chatSettings = z.object({ ...agentSettings, ...relaySettings, persona: persona() }).partial();

export const newChatBody = z.discriminatedUnion('kind', [narrativeChat, documentChat, agentChat, relayChat]);

/** The body in the form of the database. */
export function toNewChat(body: z.output<typeof newChatBody>): NewChat {
  switch (body.kind) {
    case 'narrative': {
      const { kind, title = null, hostId, guestId = null, scene = null, ...settings } = flattened(body);
      return { kind, title, hostId, guestId, scene, settings };
    }
    case 'document': {
      const { kind, title = null, documentId, anchor = null, ...settings } = flattened(body);
      return { kind, title, documentId, anchor, settings };
    }
    case 'agent': {
      const { kind, title = null, documentId = null, ...settings } = flattened(body);
      return { kind, title, documentId, settings };
    }
    case 'relay': {
      const { kind, title = null, ...settings } = flattened(body);
      return { kind, title, settings };
    }
  }
}
