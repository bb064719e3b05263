import { z } from 'zod';
import { attachment } from '../../domain/attachments/attachment.js';
import { agentStep, eventKinds, loggedEvent } from '../../domain/log/events.js';
import { tokenUsage } from '../../domain/turns/turn.js';
import { at, id } from '../http/fields.js';

/** The resources of the log and of what is folded from it. */

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
