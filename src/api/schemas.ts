import { z } from 'zod';
import { storyArtifacts } from '../domain/events.js';
import { certainty, chatKind, publicError, stepStatus, tokenUsage, turnPhase, turnStatus } from '../domain/turn.js';

/** The resources of the api, as they are answered: OpenAPI is made of these. */

const id = (prefix: string) => z.string().meta({ description: `\`${prefix}_\` and a UUIDv7` });
const at = () => z.iso.datetime().meta({ description: 'ISO 8601, UTC' });

export const you = z.object({ id: z.literal('you'), name: z.string(), persona: z.string() }).meta({ id: 'You' });

export const character = z
  .object({
    id: id('chr'),
    name: z.string(),
    persona: z.string(),
    greeting: z.string().nullable(),
    createdAt: at(),
    updatedAt: at(),
  })
  .meta({ id: 'Character' });

export const chat = z
  .object({
    id: id('chat'),
    kind: chatKind,
    title: z.string().nullable(),
    hostId: id('chr').nullable(),
    guestId: id('chr').nullable().meta({ description: 'the second character, if there is one' }),
    seq: z.number().int().meta({ description: 'seq of the newest event' }),
    activeTurnId: id('turn').nullable().meta({ description: 'the turn that holds the floor' }),
    queue: z.array(id('turn')).meta({ description: 'the turns that wait for the floor, in order' }),
    createdAt: at(),
    updatedAt: at(),
  })
  .meta({ id: 'Chat' });

const usage = tokenUsage.extend({ certainty }).meta({ id: 'TokenUsage' });
const error = publicError.meta({ id: 'PublicError' });

export const turn = z
  .object({
    id: id('turn'),
    chatId: id('chat'),
    kind: chatKind,
    status: turnStatus,
    phase: turnPhase,
    queuePosition: z.number().int().optional().meta({ description: 'from 1; only while queued' }),
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
    steps: z.array(
      z.object({ name: z.string(), status: stepStatus, attempts: z.number().int(), error: error.optional() }),
    ),
    usage: usage.nullable(),
    warnings: z.array(z.string()),
    error: error.optional(),
    workflowId: z.string(),
    runId: z.string().optional(),
    temporalUiUrl: z.url().optional(),
    createdAt: at(),
    startedAt: at().optional(),
    finishedAt: at().optional(),
    engine: z
      .enum(['ok', 'unreachable'])
      .meta({ description: '`unreachable`: the workflow did not answer, this is what Postgres knows' }),
  })
  .meta({ id: 'Turn' });

export const version = z
  .object({
    turnId: id('turn'),
    active: z.boolean().meta({ description: 'whether it is the one in the timeline' }),
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

export const event = z
  .object({
    seq: z.number().int().meta({ description: 'dense per chat, from 1' }),
    kind: z.string(),
    turnId: id('turn').nullable(),
    at: at(),
    data: z.record(z.string(), z.unknown()),
    supersededBy: z.number().int().nullable(),
    hiddenBy: z.number().int().nullable(),
  })
  .meta({ id: 'Event' });

export const message = z
  .object({
    role: z.enum(['user', 'assistant']),
    content: z.string(),
    messageId: z.string(),
    at: at(),
    speakerId: z.string().optional(),
    truncated: z.boolean().optional(),
    modelId: z.string().optional(),
    tokenUsage: usage.optional().meta({ description: "on the turn's last user and last assistant message" }),
    html: z.string().meta({ description: 'an escaped fragment: paragraphs of text' }),
  })
  .meta({ id: 'Message' });

export const scene = z
  .object({
    sceneId: id('scn'),
    container: z.string().meta({ description: 'where it takes place' }),
    status: z.enum(['open', 'closed']),
    openedSeq: z.number().int(),
    openedAt: at(),
    endedAt: at().nullable(),
    summaries: z
      .record(z.string(), z.string())
      .meta({ description: 'by the id of the character whose point of view it is' }),
  })
  .meta({ id: 'Scene' });

const someone = () => z.string().meta({ description: "`you` or a character's id" });

export const edge = z
  .object({
    sourceId: someone(),
    targetId: someone(),
    affinity: z.number().int().min(0).max(100),
    trust: z.number().int().min(0).max(100),
    summary: z.string().nullable(),
    knowledgeFacts: z.array(z.string()).meta({ description: 'what the source knows of the target' }),
    lastInteractionAt: at().nullable(),
  })
  .meta({ id: 'Edge' });

export const memory = z
  .object({
    memoryId: id('mem'),
    text: z.string(),
    sceneId: id('scn').nullable(),
    witnesses: z.array(id('chr')),
    chatClock: z.number().int().meta({ description: 'seq of the user turn that it is of' }),
    significance: z.number().int().min(0).max(3).nullable().meta({ description: 'null until it is scored' }),
    pinned: z.boolean(),
    at: at(),
  })
  .meta({ id: 'Memory' });

export const storyEvent = z
  .object({
    eventId: id('evt'),
    title: z.string(),
    description: z.string(),
    status: z.enum(['planned', 'active', 'completed', 'cancelled']),
    artifacts: storyArtifacts.meta({ description: 'what its completion brings' }),
    createdAt: at(),
  })
  .meta({ id: 'StoryEvent' });

export const problem = z
  .object({ type: z.string(), title: z.string(), status: z.number().int(), detail: z.string(), code: z.string() })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is stable' });

export const pageOf = (item: z.ZodType) =>
  z.object({ items: z.array(item), next: z.string().nullable().meta({ description: "the next page's cursor" }) });
