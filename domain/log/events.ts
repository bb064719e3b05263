import { z } from 'zod';
import { artifactData, strategyUnlinked } from '../agents/artifacts.js';
import { settingsChange } from '../agents/settings.js';
import { attachment } from '../attachments/attachment.js';
import { classifierEvents } from '../classifiers/index.js';
import { segment } from '../narrative/segment.js';
import { relayInfo } from '../relay/relay.js';
import { endStatuses } from '../turns/endStatus.js';
import { publicError, tokenUsage } from '../turns/turn.js';
import { changeRef, characterRef, documentRef, seqRef, turnRef } from './references.js';

const id = z.string();
const seq = z.number().int();
const delta = z.number().int().min(-100).max(100);

/** A person's decision on a tool call: by a caller of the owner (`you`), by an operator, or by the end of the time for it. */
export const callDecision = z
  .object({ approved: z.boolean(), by: z.enum(['you', 'operator', 'timeout']) })
  .meta({ id: 'CallDecision' });
export type CallDecision = z.infer<typeof callDecision>;

/**
 * A step of an agent's turn, as people see it. `index` counts over all iterations. `arguments` are as the model sent
 * them.
 */
export const agentStep = z
  .object({
    id,
    index: z.number().int(),
    type: z.enum(['thinking', 'text', 'tool_call', 'tool_result']),
    content: z.string().optional(),
    callId: id.optional(),
    name: z.string().optional(),
    arguments: z.unknown().optional(),
    /** Of a call that the client runs whose request brought the function. Here it has no result. */
    client: z.literal(true).optional(),
    success: z.boolean().optional(),
    /** Of the result of a call that waited for a person. */
    decision: callDecision.optional(),
  })
  .meta({ id: 'AgentStep' });
export type AgentStep = z.infer<typeof agentStep>;

/** `arguments`: the JSON object that the model sent, or the raw text if it is not one. */
const callStarted = z.object({ id, name: z.string(), arguments: z.unknown() });
const callEnded = z.object({
  id,
  name: z.string(),
  result: z.string(),
  success: z.boolean(),
  /** Of a call that waited for a person. */
  decision: callDecision.optional(),
});

/** `arguments`: as JSON text. Without `result` its client has sent none. */
const addedCall = z.object({ id, name: z.string(), arguments: z.string(), result: z.string().optional() });
export type AddedCall = z.infer<typeof addedCall>;

/** The effects of a story event when it is completed. */
export const storyArtifacts = z
  .strictObject({
    knowledgeFacts: z
      .array(z.strictObject({ sourceId: characterRef, targetId: characterRef, fact: z.string() }))
      .optional(),
    relationshipChange: z
      .strictObject({ sourceId: characterRef, targetId: characterRef, affinityDelta: delta, trustDelta: delta })
      .optional(),
    acquiredObjects: z.array(z.strictObject({ ownerId: characterRef, name: z.string() })).optional(),
  })
  .meta({ id: 'StoryArtifacts' });
export type StoryArtifacts = z.infer<typeof storyArtifacts>;

/**
 * The list of events: one schema per kind, types inferred. An event is a fact in the past. It is added here, or beside the
 * classifier that alone appends it, together with the code that appends it and never before. A field that refers to
 * something is declared with a schema of `references.ts`: forks and imports find it by that.
 */
export const eventData = {
  chat_created: z.object({ kind: z.string(), title: z.string().nullable() }),
  /** A message of a conversation that began elsewhere. It belongs to no turn. */
  /** `calls`: of functions that a client ran, where it brought a conversation from elsewhere. */
  message_added: z.object({
    role: z.enum(['user', 'assistant']),
    text: z.string(),
    calls: z.array(addedCall).optional(),
  }),
  user_turn: z.object({
    text: z.string(),
    segments: z.array(segment),
    quote: z.string().optional(),
    attachments: z.array(attachment).optional(),
    /** What functions of the client gave, by their calls in earlier replies. The text may be empty then. */
    outputs: z.array(callEnded).optional(),
  }),
  /** Replaces the text of the `user_turn` at `userTurnSeq`. The attachments and outputs are those of that turn. */
  user_turn_edit: z.object({
    userTurnSeq: seqRef,
    text: z.string(),
    attachments: z.array(attachment).optional(),
    outputs: z.array(callEnded).optional(),
  }),
  assistant_turn_started: z.object({ speakerId: characterRef, beat: z.number().int(), userTurnSeq: seqRef }),
  assistant_turn: z.object({
    speakerId: characterRef,
    beat: z.number().int(),
    text: z.string(),
    truncated: z.boolean(),
    /** Null of a greeting, which begins a chat and answers no turn. */
    userTurnSeq: seqRef.nullable(),
    /** On the second beat: the speaker of the first. */
    interjectionOf: characterRef.optional(),
    /** Empty where no model wrote the text: a greeting. */
    model: z.string(),
    usage: tokenUsage.optional(),
    error: publicError.optional(),
    /** Only of an agent's reply: thoughts, text, calls and results, in order. */
    steps: z.array(agentStep).optional(),
    /** Only of a relayed reply. */
    relay: relayInfo.optional(),
  }),
  /**
   * A person edited a beat of a reply: its turn is a new version of the reply, whose `assistant_turn` has the text too.
   * The effects of `turnId` are those of this version; left out in a fork, where they have the same turn.
   */
  assistant_turn_edited: z.object({ beat: z.number().int(), text: z.string(), turnId: turnRef.optional() }),
  /**
   * One event per witness; all events of a beat have the same `memoryId`. `chatClock` is the seq of the beat's user
   * turn, and 0 where a person wrote the memory: every turn may recall it.
   */
  memory_written: z.object({
    memoryId: id,
    witnessId: characterRef,
    text: z.string(),
    sceneId: id.nullable(),
    witnesses: z.array(characterRef),
    chatClock: seqRef,
  }),
  /** `significance`: from 0 (forgettable) to 3 (unforgettable). */
  memory_scored: z.object({ memoryId: id, significance: z.number().int().min(0).max(3) }),
  memory_pinned: z.object({ memoryId: id }),
  memory_unpinned: z.object({ memoryId: id }),
  /** A person changed the memory. What is left out stays. */
  memory_edited: z.object({
    memoryId: id,
    text: z.string().optional(),
    significance: z.number().int().min(0).max(3).optional(),
  }),
  memory_removed: z.object({ memoryId: id }),
  edge_update: z.object({
    sourceId: characterRef,
    targetId: characterRef,
    affinityDelta: delta,
    trustDelta: delta,
    knowledgeFacts: z.array(z.string()),
    /** Null where a person changed the edge, which is no interaction. */
    lastInteractionAt: z.string().nullable(),
  }),
  edge_summary: z.object({ sourceId: characterRef, targetId: characterRef, summary: z.string() }),
  scene_opened: z.object({ sceneId: id, container: z.string() }),
  scene_closed: z.object({ sceneId: id, endedAt: z.string() }),
  scene_summary: z.object({ sceneId: id, povId: characterRef, summary: z.string() }),
  story_event_planned: z.object({ eventId: id, title: z.string(), description: z.string(), artifacts: storyArtifacts }),
  story_event_started: z.object({ eventId: id }),
  story_event_completed: z.object({ eventId: id }),
  story_event_cancelled: z.object({ eventId: id }),
  object_acquired: z.object({ ownerId: characterRef, name: z.string() }),
  /**
   * The changes that the reply or tool call at `messageSeq` proposed, in source order. `parser` and `begins` are the
   * rules by which a reply's blocks are read, where they differ from those of version 1.
   */
  changes_proposed: z.object({
    messageSeq: seqRef,
    changeIds: z.array(changeRef),
    count: z.number().int(),
    parser: z.literal(2).optional(),
    begins: z.literal(true).optional(),
  }),
  change_accepted: z.object({ changeId: changeRef }),
  change_declined: z.object({ changeId: changeRef }),
  change_stale: z.object({ changeId: changeRef }),
  document_edited: z.object({ documentId: documentRef, version: z.number().int() }),
  /** Shown to people, never sent to a model. */
  system_message: z.object({ text: z.string() }),
  tool_call_start: callStarted,
  tool_call_end: callEnded,
  subagent_task_start: z.object({ task: z.string(), modelId: z.string() }),
  subagent_tool_call_start: callStarted.extend({ task: z.string() }),
  subagent_tool_call_end: callEnded.extend({ task: z.string() }),
  subagent_task_end: z.object({
    task: z.string(),
    status: z.enum(['done', 'failed']),
    promptTokens: z.number().int(),
    completionTokens: z.number().int(),
    llmCallCount: z.number().int(),
  }),
  ...artifactData,
  ...classifierEvents,
  strategy_unlinked: strategyUnlinked,
  step_stuck: z.object({ step: z.string(), error: publicError }),
  step_skipped: z.object({ step: z.string() }),
  turn_rolled_back: z.object({ turnId: turnRef }),
  turn_superseded: z.object({ turnId: turnRef, by: turnRef }),
  version_activated: z.object({ turnId: turnRef }),
  /** The settings that changed, with their new values; null: back to the server's default. */
  chat_settings_changed: settingsChange,
  guest_cleared: z.object({ guestId: characterRef }),
  chat_rewound: z.object({ toSeq: seqRef }),
  rewind_undone: z.object({ rewindSeq: seqRef }),
  turn_completed: z.object({
    status: z.enum(endStatuses),
    usage: z.union([tokenUsage, z.null()]),
    warnings: z.array(z.string()),
    tokenUsage: z.union([tokenUsage, z.null()]),
    error: publicError.optional(),
  }),
} as const;

export type EventKind = keyof typeof eventData;
export const eventKinds = Object.keys(eventData) as EventKind[];
export type EventData<K extends EventKind> = z.infer<(typeof eventData)[K]>;

/** An event to append. The log adds `seq`, `turnId` and `at`. */
export type NewEvent = { [K in EventKind]: { kind: K; data: EventData<K> } }[EventKind];

type LoggedEventSchema = {
  [K in EventKind]: z.ZodObject<{
    kind: z.ZodLiteral<K>;
    seq: typeof seq;
    turnId: z.ZodNullable<typeof id>;
    at: z.ZodISODateTime;
    data: (typeof eventData)[K];
  }>;
}[EventKind];

const pascal = (kind: string) => kind.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());

const logged = <K extends EventKind>(kind: K) =>
  z
    .object({
      kind: z.literal(kind),
      seq: seq.meta({ description: 'dense per chat, from 1' }),
      turnId: id.nullable(),
      at: z.iso.datetime().meta({ description: 'ISO 8601, UTC' }),
      data: eventData[kind],
    })
    .meta({ id: `${pascal(kind)}Event` });

/** An event as readers of the log get it: a union by `kind`. */
export const loggedEvent = z
  .discriminatedUnion(
    'kind',
    (Object.keys(eventData) as EventKind[]).map(logged) as unknown as [LoggedEventSchema, ...LoggedEventSchema[]],
  )
  .meta({ id: 'LoggedEvent' });

export type LoggedEvent = z.infer<typeof loggedEvent>;

/** An event of a chat's log. `seq` is dense per chat from 1; `at` is ISO 8601 UTC. */
export type ChatEvent = NewEvent & {
  seq: number;
  turnId: string | null;
  at: string;
  supersededBy: number | null;
  hiddenBy: number | null;
};
