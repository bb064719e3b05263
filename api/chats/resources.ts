import { z } from 'zod';
import type { Chat } from '../../db/chats/chats.js';
import { profileSettings } from '../../domain/providers/profileNames.js';
import { providerApis } from '../../domain/providers/providerApi.js';
import { chatKind } from '../../domain/turns/turn.js';
import { at, id } from '../http/fields.js';
import { chatSettings } from './newChat.js';

/** The resources of chats, and of the providers that answer them. */

export const chat = z
  .object({
    id: id('chat'),
    kind: chatKind,
    title: z.string().nullable(),
    hostId: id('chr').nullable(),
    guestId: id('chr').nullable().meta({ description: 'the second character, if there is one' }),
    documentId: id('doc').nullable().meta({ description: 'the document of a document chat' }),
    anchor: z
      .object({ quote: z.string(), start: z.number().int().optional(), end: z.number().int().optional() })
      .nullable()
      .meta({ description: 'the part of the document that the chat is about' }),
    settings: chatSettings.meta({
      description:
        'of an agent or a relay chat: what was chosen, for the next turn; for what is left out the defaults of the server apply',
    }),
    forkedFrom: id('chat').nullable().meta({ description: 'the chat that it began as a copy of, if it is a fork' }),
    seq: z.number().int().meta({ description: 'seq of the newest event' }),
    activeTurnId: id('turn').nullable().meta({ description: 'the turn that holds the floor' }),
    queue: z.array(id('turn')).meta({ description: 'the turns that wait for the floor, in order' }),
    createdAt: at(),
    updatedAt: at(),
    ...chatSettings.shape,
  })
  .meta({ id: 'Chat', description: 'the fields of `settings` stand beside it too' });

/** The resource of a chat: its settings stand under `settings`, and as fields as a new chat takes them. */
export const showChat = (shown: Chat): Chat & Chat['settings'] => ({ ...shown.settings, ...shown });

export const provider = z
  .object({
    id: id('prv'),
    name: z.string(),
    baseUrl: z.string(),
    defaultModel: z.string(),
    maxTokens: z.number().int().nullable(),
    fallbackId: id('prv')
      .nullable()
      .meta({ description: 'the provider that is used after this one has failed for good' }),
    continuation: z
      .enum(['vllm', 'openrouter'])
      .nullable()
      .meta({ description: 'how the server is asked to continue a partial message; null if it can not' }),
    api: z
      .enum(providerApis)
      .nullable()
      .meta({ description: 'the API that it speaks; null: by the host of its base URL' }),
    profile: z.enum(profileSettings).meta({ description: 'how requests of Chat Completions are written' }),
    createdAt: at(),
    learned: z
      .array(z.object({ model: z.string(), fact: z.string(), learnedAt: at() }))
      .meta({ description: 'what its refusals have taught about requests, by model; at most 50, the newest' }),
  })
  .meta({ id: 'Provider', description: 'the key is never returned' });

export const model = z
  .object({
    id: z.string().meta({ description: 'its name, as `model` of a chat' }),
    providerId: id('prv').nullable().meta({ description: "null: the server's own provider" }),
    name: z.string().nullable().meta({ description: 'of the provider' }),
    isDefault: z.boolean().meta({ description: 'whether the provider uses it where a chat names none' }),
  })
  .meta({ id: 'Model' });
