import { z } from 'zod';

/** The four kinds of chat. A turn has the kind of its chat. */
export const chatKind = z.enum(['narrative', 'document', 'agent', 'relay']).meta({ id: 'ChatKind' });
export type ChatKind = z.infer<typeof chatKind>;
/** Kinds whose reply is one call of a provider. An agent's reply is a series of iterations. */
export type ReplyKind = Exclude<ChatKind, 'agent'>;

export const turnStatus = z
  .enum(['queued', 'running', 'awaiting_operator', 'completed', 'cancelled', 'failed'])
  .meta({ id: 'TurnStatus' });
export type TurnStatus = z.infer<typeof turnStatus>;

export const stepStatus = z
  .enum(['pending', 'running', 'retrying', 'done', 'stuck', 'skipped'])
  .meta({ id: 'StepStatus' });
export type StepStatus = z.infer<typeof stepStatus>;

/** The phase of a turn, for people. `waiting` before its first step, `done` after its last. */
export const turnPhase = z.enum(['waiting', 'replying', 'following_up', 'finishing', 'done']).meta({ id: 'TurnPhase' });
export type TurnPhase = z.infer<typeof turnPhase>;

/** What a second turn does when the chat's floor is taken. */
export const whenBusy = z.enum(['enqueue', 'reject', 'interrupt', 'rollback']);
export type WhenBusy = z.infer<typeof whenBusy>;

/** What happens to a reply that has used up its attempts. */
export const whenFailed = z.enum(['fail', 'park']);
export type WhenFailed = z.infer<typeof whenFailed>;

/** The mark on a turn's row that says why it is to stop. `failing`: its workflow fails, and the floor was passed on. */
export const stopMark = z.enum(['cancel', 'interrupt', 'rollback', 'failing']);
export type StopMark = z.infer<typeof stopMark>;

const certainty = z.enum(['exact', 'estimated', 'unknown']);

const tokens = z.number().int().nonnegative();

/** The part of a usage that led to no reply and no answer. */
const wastedUsage = z.object({ promptTokens: tokens, completionTokens: tokens, calls: tokens });

/** Tokens of one or more calls. The usage of a turn includes all attempts. Older logs have no `wasted`. */
export const tokenUsage = z
  .object({
    promptTokens: z.number().int().nonnegative(),
    completionTokens: z.number().int().nonnegative(),
    totalTokens: z.number().int().nonnegative(),
    cachedTokens: z.number().int().nonnegative(),
    toolCallCount: z.number().int().nonnegative(),
    llmCallCount: z.number().int().nonnegative(),
    modelId: z.string(),
    certainty: certainty.meta({ description: '`exact` only if the provider counted every call' }),
    wasted: wastedUsage.optional().meta({ description: 'the part that no reply and no answer came of' }),
  })
  .meta({ id: 'TokenUsage', description: 'of every call of a model, lost attempts and classifiers too' });
export type TokenUsage = z.infer<typeof tokenUsage>;

/** The cleaned error of a provider: only codes, never its message. `status` is the HTTP status. */
export const errorDetail = z.object({
  status: z.number().int(),
  code: z.string().optional(),
  type: z.string().optional(),
  param: z.string().optional(),
  requestId: z.string().optional(),
});
export type ErrorDetail = z.infer<typeof errorDetail>;

/** An error as clients see it: `code` is stable, `message` is for people. */
export const publicError = z
  .object({
    code: z.string(),
    message: z.string(),
    detail: errorDetail.optional().meta({ description: "what the provider's answer said, in codes" }),
  })
  .meta({ id: 'PublicError', description: '`code` is stable, `message` is for people' });
export type PublicError = z.infer<typeof publicError>;
