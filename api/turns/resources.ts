import { z } from 'zod';
import { stepView } from '../../domain/log/frames.js';
import { chatKind, publicError, stepStatus, tokenUsage, turnPhase, turnStatus } from '../../domain/turns/turn.js';
import { at, id } from '../http/fields.js';
import { newTurnBody } from './newTurnBody.js';

/** The resources of turns. */

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
