import { z } from 'zod';
import { attachment } from '../../domain/attachments/attachment.js';
import { agentStep, eventKinds, loggedEvent } from '../../domain/log/events.js';
import { stepView } from '../../domain/log/frames.js';
import { profileSettings } from '../../domain/providers/profileNames.js';
import { providerApis } from '../../domain/providers/providerApi.js';
import { chatKind, publicError, stepStatus, tokenUsage, turnPhase, turnStatus } from '../../domain/turns/turn.js';
import { chatSettings } from '../chats/newChat.js';
import { newTurnBody } from '../turns/newTurnBody.js';
import { at, id } from './fields.js';

export { attachment };

/** The resources of the api. The OpenAPI document and the client's types are generated from these schemas. */

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
  })
  .meta({ id: 'Chat' });

export const newTurn = newTurnBody.meta({ id: 'NewTurn' });

export const turn = z
  .object({
    id: id('turn'),
    chatId: id('chat'),
    kind: chatKind,
    status: turnStatus,
    phase: turnPhase,
    queuePosition: z.number().int().optional().meta({ description: 'counts from 1; only while the turn is queued' }),
    userTurnSeq: z.number().int(),
    regenerates: id('turn').optional().meta({ description: 'the version of the reply that this one replaces' }),
    beats: z.array(
      z.object({
        beat: z.number().int(),
        speakerId: z.string(),
        epoch: z.number().int(),
        attempt: z.number().int(),
        status: stepStatus,
        text: z.string(),
        truncated: z.boolean(),
        seq: z.number().int().optional(),
      }),
    ),
    steps: z.array(stepView),
    usage: z.union([tokenUsage, z.null()]),
    warnings: z.array(z.string()),
    error: publicError.optional(),
    workflowId: z.string(),
    runId: z.string().optional(),
    temporalUiUrl: z.url().optional(),
    createdAt: at(),
    startedAt: at().optional(),
    finishedAt: at().optional(),
    engine: z.enum(['ok', 'unreachable', 'failing']).meta({
      description:
        '`unreachable`: the workflow did not answer; the state comes from Postgres. `failing`: the workflow fails at every attempt; the next turn gets the floor within a minute, and replies in the log stay',
    }),
  })
  .meta({ id: 'Turn' });

export const version = z
  .object({
    id: id('turn').meta({ description: 'id of the turn that wrote the version' }),
    turnId: id('turn').meta({ description: 'the same as `id`' }),
    active: z.boolean().meta({ description: 'whether the timeline contains this version' }),
    status: turnStatus,
    createdAt: at(),
    beats: z.array(
      z.object({
        beat: z.number().int(),
        speakerId: z.string(),
        text: z.string(),
        truncated: z.boolean(),
        seq: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'Version' });

const marks = z.object({
  supersededBy: z.number().int().nullable().meta({ description: 'seq of the event whose version replaces this one' }),
  hiddenBy: z.number().int().nullable().meta({ description: 'seq of the rewind or rollback that hides it' }),
});

export const event = z.intersection(loggedEvent, marks).meta({ id: 'Event' });

export const foundText = z
  .object({
    chatId: id('chat'),
    seq: z.number().int().meta({ description: 'seq of the event with the text' }),
    kind: z.enum(eventKinds),
    snippet: z.string().meta({ description: 'the part of the text around the first word, as plain text' }),
    at: at(),
  })
  .meta({ id: 'FoundText' });

const toolCall = z
  .object({
    id: z.string(),
    name: z.string(),
    arguments: z
      .unknown()
      .meta({ description: 'the JSON object that the model sent, or the raw text if it is not one' }),
    result: z.string().optional(),
    success: z.boolean().optional(),
  })
  .meta({ id: 'ToolCall' });

const byTask = <T extends z.ZodType>(item: T) => z.record(z.string(), item);

export const message = z
  .object({
    role: z
      .enum(['user', 'assistant', 'system'])
      .meta({ description: '`system` messages are for people; models never get them' }),
    content: z.string(),
    id: z.string(),
    messageId: z.string().meta({ description: 'the same as `id`' }),
    at: at(),
    speakerId: z.string().optional(),
    truncated: z.boolean().optional(),
    steps: z.array(agentStep).optional().meta({ description: 'of an agent, in order' }),
    toolCalls: z.array(toolCall).optional(),
    citations: z.array(z.unknown()).optional(),
    planningArtifacts: z.array(z.unknown()).optional(),
    reasoning: z
      .string()
      .optional()
      .meta({ description: 'the reasoning that was appended, else the thinking that the model streamed' }),
    modelId: z.string().optional(),
    attachments: z.array(attachment).optional().meta({ description: "of a user's message" }),
    subagents: z
      .object({
        calls: byTask(z.array(toolCall)),
        status: byTask(z.enum(['running', 'done', 'failed'])),
        models: byTask(z.string()),
        tokenUsage: byTask(
          z.object({
            promptTokens: z.number().int(),
            completionTokens: z.number().int(),
            llmCallCount: z.number().int(),
          }),
        ),
      })
      .optional()
      .meta({ description: 'calls and usage of sub-agents, by the name of the task' }),
    tokenUsage: tokenUsage.optional().meta({ description: "on the turn's last user and last assistant message" }),
    html: z.string().meta({ description: 'an escaped fragment: paragraphs of text' }),
  })
  .meta({ id: 'Message' });

export const projection = z
  .object({
    name: z.string().nullable(),
    recordType: z.string().nullable(),
    modelId: z.string().nullable().meta({ description: 'the model that was selected last' }),
    messageCount: z.number().int(),
    plan: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'the plan that was appended, else the tree of the steps; null if the steps form no tree' }),
    steps: z.array(z.record(z.string(), z.unknown())).meta({ description: 'the steps of the newest snapshot' }),
    stepCount: z.number().int(),
    rootStepId: z.string().nullable(),
    strategyId: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'id of the linked strategy; a strategy is linked to one chat at most' }),
    isSaved: z.boolean(),
    lastEventSeq: z.number().int().meta({ description: 'seq of the newest event that changed the projection' }),
  })
  .meta({ id: 'Projection' });

export const document = z
  .object({
    id: id('doc'),
    title: z.string(),
    body: z.string(),
    version: z.number().int().meta({ description: 'counts from 1; each edit adds 1' }),
    createdAt: at(),
    updatedAt: at(),
  })
  .meta({ id: 'Document' });

export const change = z
  .object({
    id: id('chg'),
    documentId: id('doc'),
    kind: z.literal('ai'),
    state: z.enum(['pending', 'accepted', 'declined']),
    original: z.string(),
    proposed: z.string(),
    reason: z.string(),
    staleSince: at().nullable().meta({
      description:
        'the time since which the change has no place: the body no longer contains the original, or an accepted change used its place; else null',
    }),
    messageSeq: z.number().int().meta({ description: 'seq of the event that proposed it' }),
    place: z.object({ start: z.number().int(), end: z.number().int() }).nullable().optional().meta({
      description: 'of an accepted change: where its text is in the newest body, in UTF-16 code units; null if unknown',
    }),
  })
  .meta({ id: 'Change' });

export const thinking = z
  .object({
    toolCalls: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        arguments: z.unknown(),
        status: z.enum(['pending', 'awaiting_approval', 'running']),
      }),
    ),
  })
  .meta({ id: 'Thinking' });

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

export const webhook = z
  .object({
    id: id('whk'),
    url: z.string(),
    events: z.array(z.enum(eventKinds)).meta({ description: 'the kinds of events that are sent' }),
    createdAt: at(),
  })
  .meta({ id: 'Webhook', description: 'the secret is never returned' });

export const webhookDelivery = z
  .object({
    id: z.string().meta({ description: 'the same at each attempt, and in `X-Webhook-Id`: repeats are known by it' }),
    webhookId: id('whk'),
    kind: z.enum(eventKinds),
    chatId: id('chat'),
    event: z.unknown().meta({ description: 'the event, as in the log' }),
    note: z.string().optional().meta({ description: 'says that `event.data` was left out for its size' }),
  })
  .meta({ id: 'WebhookDelivery' });

export const tool = z
  .object({
    name: z.string(),
    description: z.string(),
    schema: z.record(z.string(), z.unknown()).meta({ description: 'the JSON Schema of the arguments' }),
    permissionLevel: z.number().int().min(1).max(3).meta({ description: '1 read, 2 write, 3 dangerous' }),
    source: z.string().meta({ description: '`builtin`, or `mcp:` and the name of the MCP server' }),
    needsApproval: z.boolean(),
  })
  .meta({ id: 'Tool' });

export const accessToken = z
  .object({ token: z.string(), expiresAt: z.iso.datetime().meta({ description: 'when the token ends' }) })
  .meta({ id: 'AccessToken' });

export const serviceFacts = z
  .object({
    relays: z.boolean().meta({ description: 'whether relay chats can be made: `UPSTREAM_BASE_URL` is set' }),
    replyAttempts: z.number().int().positive().meta({ description: 'how often a reply is tried' }),
  })
  .meta({ id: 'ServiceFacts' });

export const problem = z
  .object({ type: z.string(), title: z.string(), status: z.number().int(), detail: z.string(), code: z.string() })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is stable' });

export const pageOf = (item: z.ZodType) =>
  z.object({ items: z.array(item), next: z.string().nullable().meta({ description: "the next page's cursor" }) });
