/* Made of the schemas of the service by scripts/clientSchema.ts: change those, then run `npm run client:schema`. */

export type ChatKind = 'narrative' | 'document' | 'agent' | 'relay';
export type ClientFrame = CancelFrame | PingFrame;
export type Event = LoggedEvent & {
  /**
   * seq of the event whose version replaces this one
   */
  supersededBy: number | null;
  /**
   * seq of the rewind or rollback that hides it
   */
  hiddenBy: number | null;
};
export type LoggedEvent =
  | ChatCreatedEvent
  | MessageAddedEvent
  | UserTurnEvent
  | UserTurnEditEvent
  | AssistantTurnStartedEvent
  | AssistantTurnEvent
  | AssistantTurnEditedEvent
  | MemoryWrittenEvent
  | MemoryScoredEvent
  | MemoryPinnedEvent
  | MemoryUnpinnedEvent
  | MemoryEditedEvent
  | MemoryRemovedEvent
  | EdgeUpdateEvent
  | EdgeSummaryEvent
  | SceneOpenedEvent
  | SceneClosedEvent
  | SceneSummaryEvent
  | StoryEventPlannedEvent
  | StoryEventStartedEvent
  | StoryEventCompletedEvent
  | StoryEventCancelledEvent
  | ObjectAcquiredEvent
  | ChangesProposedEvent
  | ChangeAcceptedEvent
  | ChangeDeclinedEvent
  | ChangeStaleEvent
  | DocumentEditedEvent
  | SystemMessageEvent
  | ToolCallStartEvent
  | ToolCallEndEvent
  | SubagentTaskStartEvent
  | SubagentToolCallStartEvent
  | SubagentToolCallEndEvent
  | SubagentTaskEndEvent
  | CitationsEvent
  | PlanningArtifactEvent
  | ReasoningEvent
  | ModelSelectedEvent
  | StrategyMetaEvent
  | StrategyLinkEvent
  | GraphSnapshotEvent
  | GraphPlanEvent
  | GraphClearedEvent
  | UserTurnParsedEvent
  | ChatTitledEvent
  | StrategyUnlinkedEvent
  | StepStuckEvent
  | StepSkippedEvent
  | TurnRolledBackEvent
  | TurnSupersededEvent
  | VersionActivatedEvent
  | ChatSettingsChangedEvent
  | GuestClearedEvent
  | ChatRewoundEvent
  | RewindUndoneEvent
  | TurnCompletedEvent;
/**
 * an event of the log; each seq after the cursor comes once, in order
 */
export type EventFrame = {
  type: 'event';
} & LoggedEvent;
/**
 * more may be added
 */
export type RestartReason =
  | 'worker_lost'
  | 'handed_over'
  | 'provider_failed'
  | 'provider_changed'
  | 'new_attempt'
  | 'thinking_separated'
  | 'kept_text'
  | 'dropped';
export type TurnStatus = 'queued' | 'running' | 'awaiting_operator' | 'completed' | 'cancelled' | 'failed';
export type TurnPhase = 'waiting' | 'replying' | 'following_up' | 'finishing' | 'done';
export type StepStatus = 'pending' | 'running' | 'retrying' | 'done' | 'stuck' | 'skipped';
export type ViewerFrame =
  | EventFrame
  | HelloFrame
  | DraftFrame
  | TokenFrame
  | RestartFrame
  | StatusFrame
  | StepFrame
  | HeartbeatFrame
  | MetaFrame
  | ErrorFrame;

export interface AccessToken {
  token: string;
  /**
   * when the token ends
   */
  expiresAt: string;
}
export interface AgentStep {
  id: string;
  index: number;
  type: 'thinking' | 'text' | 'tool_call' | 'tool_result';
  content?: string;
  callId?: string;
  name?: string;
  arguments?: unknown;
  client?: true;
  success?: boolean;
  decision?: CallDecision;
}
export interface CallDecision {
  approved: boolean;
  by: 'you' | 'operator' | 'timeout';
}
export interface AssistantTurnEditedEvent {
  kind: 'assistant_turn_edited';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    beat: number;
    text: string;
    turnId?: string;
  };
}
export interface AssistantTurnEvent {
  kind: 'assistant_turn';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    speakerId: string;
    beat: number;
    text: string;
    truncated: boolean;
    userTurnSeq: number | null;
    interjectionOf?: string;
    model: string;
    usage?: TokenUsage;
    error?: PublicError;
    steps?: AgentStep[];
    relay?: {
      usedTools: string[];
      rowsSeen: string[];
      classifierTag: string | null;
      conversationId: string | null;
      durationMs: number;
      chips: number;
    };
  };
}
/**
 * of every call of a model, lost attempts and classifiers too
 */
export interface TokenUsage {
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  cachedTokens: number;
  toolCallCount: number;
  llmCallCount: number;
  modelId: string;
  /**
   * `exact` only if the provider counted every call
   */
  certainty: 'exact' | 'estimated' | 'unknown';
  /**
   * the part that no reply and no answer came of
   */
  wasted?: {
    promptTokens: number;
    completionTokens: number;
    calls: number;
  };
}
/**
 * `code` is stable, `message` is for people
 */
export interface PublicError {
  code: string;
  message: string;
  /**
   * what the provider's answer said, in codes
   */
  detail?: {
    status: number;
    code?: string;
    type?: string;
    param?: string;
    requestId?: string;
  };
}
export interface AssistantTurnStartedEvent {
  kind: 'assistant_turn_started';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    speakerId: string;
    beat: number;
    userTurnSeq: number;
  };
}
export interface Attachment {
  id: string;
  /**
   * lower case, without parameters; text is UTF-8
   */
  mediaType: string;
  /**
   * the size
   */
  bytes: number;
  /**
   * of the file
   */
  name?: string;
}
export interface CancelFrame {
  type: 'cancel';
  turnId: string;
}
export interface Change {
  /**
   * `chg_` and a UUIDv7
   */
  id: string;
  /**
   * `doc_` and a UUIDv7
   */
  documentId: string;
  kind: 'ai';
  state: 'pending' | 'accepted' | 'declined';
  original: string;
  proposed: string;
  reason: string;
  /**
   * the time since which the change has no place: the body no longer contains the original, or an accepted change used its place; else null
   */
  staleSince: string | null;
  /**
   * seq of the event that proposed it
   */
  messageSeq: number;
  /**
   * of an accepted change: where its text is in the newest body, in UTF-16 code units; null if unknown
   */
  place?: {
    start: number;
    end: number;
  } | null;
}
export interface ChangeAcceptedEvent {
  kind: 'change_accepted';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    changeId: string;
  };
}
export interface ChangeDeclinedEvent {
  kind: 'change_declined';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    changeId: string;
  };
}
export interface ChangeStaleEvent {
  kind: 'change_stale';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    changeId: string;
  };
}
export interface ChangesProposedEvent {
  kind: 'changes_proposed';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    messageSeq: number;
    changeIds: string[];
    count: number;
    parser?: 2;
    begins?: true;
  };
}
export interface Character {
  /**
   * `chr_` and a UUIDv7
   */
  id: string;
  name: string;
  persona: string;
  greeting: string | null;
  hasAvatar: boolean;
  /**
   * ISO 8601, UTC
   */
  createdAt: string;
  /**
   * ISO 8601, UTC
   */
  updatedAt: string;
}
/**
 * with the fields beside `data` that the imported card had
 */
export interface CharacterCard {
  spec: 'chara_card_v3';
  spec_version: '3.0';
  /**
   * the fields of a character card of version 3
   */
  data: {
    [k: string]: unknown;
  };
  [k: string]: unknown;
}
/**
 * the fields of `settings` stand beside it too
 */
export interface Chat {
  /**
   * `chat_` and a UUIDv7
   */
  id: string;
  kind: ChatKind;
  title: string | null;
  /**
   * `chr_` and a UUIDv7
   */
  hostId: string | null;
  /**
   * the second character, if there is one
   */
  guestId: string | null;
  /**
   * the document of a document chat
   */
  documentId: string | null;
  /**
   * the part of the document that the chat is about
   */
  anchor: {
    quote: string;
    start?: number;
    end?: number;
  } | null;
  /**
   * of an agent or a relay chat: what was chosen, for the next turn; for what is left out the defaults of the server apply
   */
  settings: {
    systemPrompt?: string;
    providerId?: string;
    model?: string;
    temperature?: number;
    topP?: number;
    maxTokens?: number;
    presencePenalty?: number;
    frequencyPenalty?: number;
    /**
     * @maxItems 4
     */
    stop?: string[];
    maxIterations?: number;
    thinkingEnabled?: boolean;
    /**
     * names of tools; left out: the built-in ones
     *
     * @maxItems 200
     */
    enabledTools?: string[];
    persona?: string;
    sessionId?: string;
  };
  /**
   * the chat that it began as a copy of, if it is a fork
   */
  forkedFrom: string | null;
  /**
   * seq of the newest event
   */
  seq: number;
  /**
   * the turn that holds the floor
   */
  activeTurnId: string | null;
  /**
   * the turns that wait for the floor, in order
   *
   * Items: `turn_` and a UUIDv7
   */
  queue: string[];
  /**
   * ISO 8601, UTC
   */
  createdAt: string;
  /**
   * ISO 8601, UTC
   */
  updatedAt: string;
  systemPrompt?: string;
  providerId?: string;
  model?: string;
  temperature?: number;
  topP?: number;
  maxTokens?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  /**
   * @maxItems 4
   */
  stop?: string[];
  maxIterations?: number;
  thinkingEnabled?: boolean;
  /**
   * names of tools; left out: the built-in ones
   *
   * @maxItems 200
   */
  enabledTools?: string[];
  persona?: string;
  sessionId?: string;
}
export interface ChatCreatedEvent {
  kind: 'chat_created';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    kind: string;
    title: string | null;
  };
}
export interface ChatRewoundEvent {
  kind: 'chat_rewound';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    toSeq: number;
  };
}
export interface ChatSettingsChangedEvent {
  kind: 'chat_settings_changed';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    systemPrompt?: string | null;
    providerId?: string | null;
    model?: string | null;
    temperature?: number | null;
    topP?: number | null;
    maxTokens?: number | null;
    presencePenalty?: number | null;
    frequencyPenalty?: number | null;
    /**
     * @maxItems 4
     */
    stop?: string[] | null;
    maxIterations?: number | null;
    thinkingEnabled?: boolean | null;
    /**
     * @maxItems 200
     */
    enabledTools?: string[] | null;
  };
}
export interface ChatTitledEvent {
  kind: 'chat_titled';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    title: string;
  };
}
export interface CitationsEvent {
  kind: 'citations';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    /**
     * @maxItems 10000
     */
    citations: unknown[];
  };
}
export interface PingFrame {
  type: 'ping';
}
export interface Document {
  /**
   * `doc_` and a UUIDv7
   */
  id: string;
  title: string;
  body: string;
  /**
   * counts from 1; each edit adds 1
   */
  version: number;
  /**
   * ISO 8601, UTC
   */
  createdAt: string;
  /**
   * ISO 8601, UTC
   */
  updatedAt: string;
}
export interface DocumentEditedEvent {
  kind: 'document_edited';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    documentId: string;
    version: number;
  };
}
/**
 * the text so far of a reply in flight, once after `hello`
 */
export interface DraftFrame {
  type: 'draft';
  turnId: string;
  beat: number;
  /**
   * counts the drafts of a beat from 1; a later one replaces an earlier one
   */
  epoch: number;
  speakerId: string;
  channel: 'text' | 'thinking';
  /**
   * in UTF-16 code units from the start of the epoch's channel; tokens are contiguous
   */
  offset: number;
  text: string;
}
export interface Edge {
  /**
   * `you` or a character's id
   */
  sourceId: string;
  /**
   * `you` or a character's id
   */
  targetId: string;
  affinity: number;
  trust: number;
  summary: string | null;
  /**
   * facts that the source knows about the target
   */
  knowledgeFacts: string[];
  /**
   * ISO 8601, UTC
   */
  lastInteractionAt: string | null;
}
export interface EdgeSummaryEvent {
  kind: 'edge_summary';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    sourceId: string;
    targetId: string;
    summary: string;
  };
}
export interface EdgeUpdateEvent {
  kind: 'edge_update';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    sourceId: string;
    targetId: string;
    affinityDelta: number;
    trustDelta: number;
    knowledgeFacts: string[];
    lastInteractionAt: string | null;
  };
}
/**
 * a frame from the viewer was refused, or the stream can not continue
 */
export interface ErrorFrame {
  type: 'error';
  code: string;
  message: string;
}
export interface MessageAddedEvent {
  kind: 'message_added';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    role: 'user' | 'assistant';
    text: string;
    calls?: {
      id: string;
      name: string;
      arguments: string;
      result?: string;
    }[];
  };
}
export interface UserTurnEvent {
  kind: 'user_turn';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    text: string;
    segments: {
      kind: 'dialogue' | 'action' | 'thought' | 'narration' | 'ooc';
      text: string;
    }[];
    quote?: string;
    attachments?: Attachment[];
    outputs?: {
      id: string;
      name: string;
      result: string;
      success: boolean;
      decision?: CallDecision;
    }[];
  };
}
export interface UserTurnEditEvent {
  kind: 'user_turn_edit';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    userTurnSeq: number;
    text: string;
    attachments?: Attachment[];
    outputs?: {
      id: string;
      name: string;
      result: string;
      success: boolean;
      decision?: CallDecision;
    }[];
  };
}
export interface MemoryWrittenEvent {
  kind: 'memory_written';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    memoryId: string;
    witnessId: string;
    text: string;
    sceneId: string | null;
    witnesses: string[];
    chatClock: number;
  };
}
export interface MemoryScoredEvent {
  kind: 'memory_scored';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    memoryId: string;
    significance: number;
  };
}
export interface MemoryPinnedEvent {
  kind: 'memory_pinned';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    memoryId: string;
  };
}
export interface MemoryUnpinnedEvent {
  kind: 'memory_unpinned';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    memoryId: string;
  };
}
export interface MemoryEditedEvent {
  kind: 'memory_edited';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    memoryId: string;
    text?: string;
    significance?: number;
  };
}
export interface MemoryRemovedEvent {
  kind: 'memory_removed';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    memoryId: string;
  };
}
export interface SceneOpenedEvent {
  kind: 'scene_opened';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    sceneId: string;
    container: string;
  };
}
export interface SceneClosedEvent {
  kind: 'scene_closed';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    sceneId: string;
    endedAt: string;
  };
}
export interface SceneSummaryEvent {
  kind: 'scene_summary';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    sceneId: string;
    povId: string;
    summary: string;
  };
}
export interface StoryEventPlannedEvent {
  kind: 'story_event_planned';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    eventId: string;
    title: string;
    description: string;
    artifacts: StoryArtifacts;
  };
}
export interface StoryArtifacts {
  knowledgeFacts?: {
    sourceId: string;
    targetId: string;
    fact: string;
  }[];
  relationshipChange?: {
    sourceId: string;
    targetId: string;
    affinityDelta: number;
    trustDelta: number;
  };
  acquiredObjects?: {
    ownerId: string;
    name: string;
  }[];
}
export interface StoryEventStartedEvent {
  kind: 'story_event_started';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    eventId: string;
  };
}
export interface StoryEventCompletedEvent {
  kind: 'story_event_completed';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    eventId: string;
  };
}
export interface StoryEventCancelledEvent {
  kind: 'story_event_cancelled';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    eventId: string;
  };
}
export interface ObjectAcquiredEvent {
  kind: 'object_acquired';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    ownerId: string;
    name: string;
  };
}
export interface SystemMessageEvent {
  kind: 'system_message';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    text: string;
  };
}
export interface ToolCallStartEvent {
  kind: 'tool_call_start';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    id: string;
    name: string;
    arguments?: unknown;
  };
}
export interface ToolCallEndEvent {
  kind: 'tool_call_end';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    id: string;
    name: string;
    result: string;
    success: boolean;
    decision?: CallDecision;
  };
}
export interface SubagentTaskStartEvent {
  kind: 'subagent_task_start';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    task: string;
    modelId: string;
  };
}
export interface SubagentToolCallStartEvent {
  kind: 'subagent_tool_call_start';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    id: string;
    name: string;
    arguments?: unknown;
    task: string;
  };
}
export interface SubagentToolCallEndEvent {
  kind: 'subagent_tool_call_end';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    id: string;
    name: string;
    result: string;
    success: boolean;
    decision?: CallDecision;
    task: string;
  };
}
export interface SubagentTaskEndEvent {
  kind: 'subagent_task_end';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    task: string;
    status: 'done' | 'failed';
    promptTokens: number;
    completionTokens: number;
    llmCallCount: number;
  };
}
export interface PlanningArtifactEvent {
  kind: 'planning_artifact';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    planningArtifact?: unknown;
  };
}
export interface ReasoningEvent {
  kind: 'reasoning';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    reasoning: string;
  };
}
export interface ModelSelectedEvent {
  kind: 'model_selected';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    modelId: string;
  };
}
export interface StrategyMetaEvent {
  kind: 'strategy_meta';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    name?: string;
    recordType?: string;
  };
}
export interface StrategyLinkEvent {
  kind: 'strategy_link';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    strategyId: number;
    isSaved: boolean;
  };
}
export interface GraphSnapshotEvent {
  kind: 'graph_snapshot';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    graphSnapshot: {
      name?: string;
      recordType?: string;
      rootStepId?: string | null;
      /**
       * @maxItems 10000
       */
      steps: {
        id: string;
        searchName?: string | null;
        kind?: string | null;
        operator?: string | null;
        displayName?: string | null;
        parameters?: {
          [k: string]: unknown;
        } | null;
        colocationParams?: {
          [k: string]: unknown;
        } | null;
        primaryInputStepId?: string | null;
        secondaryInputStepId?: string | null;
      }[];
    };
  };
}
export interface GraphPlanEvent {
  kind: 'graph_plan';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    plan: {
      [k: string]: unknown;
    };
    name?: string;
    recordType?: string;
  };
}
export interface GraphClearedEvent {
  kind: 'graph_cleared';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: Record<string, never>;
}
export interface UserTurnParsedEvent {
  kind: 'user_turn_parsed';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    userTurnSeq: number;
    segments: {
      kind: 'dialogue' | 'action' | 'thought' | 'narration' | 'ooc';
      text: string;
    }[];
  };
}
export interface StrategyUnlinkedEvent {
  kind: 'strategy_unlinked';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    strategyId: number;
  };
}
export interface StepStuckEvent {
  kind: 'step_stuck';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    step: string;
    error: PublicError;
  };
}
export interface StepSkippedEvent {
  kind: 'step_skipped';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    step: string;
  };
}
export interface TurnRolledBackEvent {
  kind: 'turn_rolled_back';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    turnId: string;
  };
}
export interface TurnSupersededEvent {
  kind: 'turn_superseded';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    turnId: string;
    by: string;
  };
}
export interface VersionActivatedEvent {
  kind: 'version_activated';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    turnId: string;
  };
}
export interface GuestClearedEvent {
  kind: 'guest_cleared';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    guestId: string;
  };
}
export interface RewindUndoneEvent {
  kind: 'rewind_undone';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    rewindSeq: number;
  };
}
export interface TurnCompletedEvent {
  kind: 'turn_completed';
  /**
   * dense per chat, from 1
   */
  seq: number;
  turnId: string | null;
  /**
   * ISO 8601, UTC
   */
  at: string;
  data: {
    status: 'completed' | 'cancelled' | 'failed';
    usage: TokenUsage | null;
    warnings: string[];
    tokenUsage: TokenUsage | null;
    error?: PublicError;
  };
}
export interface FoundText {
  /**
   * `chat_` and a UUIDv7
   */
  chatId: string;
  /**
   * seq of the event with the text
   */
  seq: number;
  kind:
    | 'chat_created'
    | 'message_added'
    | 'user_turn'
    | 'user_turn_edit'
    | 'assistant_turn_started'
    | 'assistant_turn'
    | 'assistant_turn_edited'
    | 'memory_written'
    | 'memory_scored'
    | 'memory_pinned'
    | 'memory_unpinned'
    | 'memory_edited'
    | 'memory_removed'
    | 'edge_update'
    | 'edge_summary'
    | 'scene_opened'
    | 'scene_closed'
    | 'scene_summary'
    | 'story_event_planned'
    | 'story_event_started'
    | 'story_event_completed'
    | 'story_event_cancelled'
    | 'object_acquired'
    | 'changes_proposed'
    | 'change_accepted'
    | 'change_declined'
    | 'change_stale'
    | 'document_edited'
    | 'system_message'
    | 'tool_call_start'
    | 'tool_call_end'
    | 'subagent_task_start'
    | 'subagent_tool_call_start'
    | 'subagent_tool_call_end'
    | 'subagent_task_end'
    | 'citations'
    | 'planning_artifact'
    | 'reasoning'
    | 'model_selected'
    | 'strategy_meta'
    | 'strategy_link'
    | 'graph_snapshot'
    | 'graph_plan'
    | 'graph_cleared'
    | 'user_turn_parsed'
    | 'chat_titled'
    | 'strategy_unlinked'
    | 'step_stuck'
    | 'step_skipped'
    | 'turn_rolled_back'
    | 'turn_superseded'
    | 'version_activated'
    | 'chat_settings_changed'
    | 'guest_cleared'
    | 'chat_rewound'
    | 'rewind_undone'
    | 'turn_completed';
  /**
   * the part of the text around the first word, as plain text
   */
  snippet: string;
  /**
   * ISO 8601, UTC
   */
  at: string;
}
/**
 * a relayed reply is silent, and its upstream is still connected
 */
export interface HeartbeatFrame {
  type: 'heartbeat';
  turnId: string;
  elapsedSeconds: number;
}
/**
 * the first frame of a connection; `seq` of the newest event
 */
export interface HelloFrame {
  type: 'hello';
  chatId: string;
  seq: number;
}
export interface Memory {
  /**
   * `mem_` and a UUIDv7
   */
  id: string;
  text: string;
  /**
   * `scn_` and a UUIDv7
   */
  sceneId: string | null;
  /**
   * Items: `chr_` and a UUIDv7
   */
  witnesses: string[];
  /**
   * seq of the user turn of its beat; 0 where a person wrote it
   */
  chatClock: number;
  /**
   * null until the memory is scored
   */
  significance: number | null;
  pinned: boolean;
  /**
   * ISO 8601, UTC
   */
  at: string;
}
export interface Message {
  /**
   * `system` messages are for people; models never get them
   */
  role: 'user' | 'assistant' | 'system';
  content: string;
  id: string;
  /**
   * the same as `id`
   */
  messageId: string;
  /**
   * ISO 8601, UTC
   */
  at: string;
  speakerId?: string;
  truncated?: boolean;
  /**
   * of an agent, in order
   */
  steps?: AgentStep[];
  toolCalls?: ToolCall[];
  citations?: unknown[];
  planningArtifacts?: unknown[];
  /**
   * the reasoning that was appended, else the thinking that the model streamed
   */
  reasoning?: string;
  modelId?: string;
  /**
   * of a user's message
   */
  attachments?: Attachment[];
  /**
   * calls and usage of sub-agents, by the name of the task
   */
  subagents?: {
    calls: {
      [k: string]: ToolCall[];
    };
    status: {
      [k: string]: 'running' | 'done' | 'failed';
    };
    models: {
      [k: string]: string;
    };
    tokenUsage: {
      [k: string]: {
        promptTokens: number;
        completionTokens: number;
        llmCallCount: number;
      };
    };
  };
  /**
   * on the turn's last user and last assistant message
   */
  tokenUsage?: {
    promptTokens: number;
    completionTokens: number;
    totalTokens: number;
    cachedTokens: number;
    toolCallCount: number;
    llmCallCount: number;
    modelId: string;
    /**
     * `exact` only if the provider counted every call
     */
    certainty: 'exact' | 'estimated' | 'unknown';
    /**
     * the part that no reply and no answer came of
     */
    wasted?: {
      promptTokens: number;
      completionTokens: number;
      calls: number;
    };
  };
  /**
   * an escaped fragment: paragraphs of text
   */
  html: string;
}
export interface ToolCall {
  id: string;
  name: string;
  /**
   * the JSON object that the model sent, or the raw text if it is not one
   */
  arguments?: {
    [k: string]: unknown;
  };
  result?: string;
  success?: boolean;
}
/**
 * sources and classification of a relayed reply
 */
export interface MetaFrame {
  type: 'meta';
  turnId: string;
  usedTools: string[];
  rowsSeen: string[];
  classifierTag: string | null;
}
export interface Model {
  /**
   * its name, as `model` of a chat
   */
  id: string;
  /**
   * null: the server's own provider
   */
  providerId: string | null;
  /**
   * of the provider
   */
  name: string | null;
  /**
   * whether the provider uses it where a chat names none
   */
  isDefault: boolean;
}
export interface NewTurn {
  text: string;
  quote?: string;
  /**
   * ids of uploads (`POST /v1/attachments`), in the order in which the model gets them
   *
   * @maxItems 10
   */
  attachments?: string[];
  whenBusy?: 'enqueue' | 'reject' | 'interrupt' | 'rollback';
  whenFailed?: 'fail' | 'park';
  /**
   * of this turn, instead of the chat’s
   */
  temperature?: number;
  /**
   * only the likeliest tokens with this share of probability are chosen from
   */
  topP?: number;
  /**
   * the most tokens that the reply may have
   */
  maxTokens?: number;
  /**
   * makes tokens that the text has less likely
   */
  presencePenalty?: number;
  /**
   * makes tokens less likely by how often the text has them
   */
  frequencyPenalty?: number;
  /**
   * texts that end the reply; they are not part of it
   *
   * @maxItems 4
   */
  stop?: string[];
}
/**
 * RFC 9457; `code` is stable
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
}
export interface Projection {
  name: string | null;
  recordType: string | null;
  /**
   * the model that was selected last
   */
  modelId: string | null;
  messageCount: number;
  /**
   * the plan that was appended, else the tree of the steps; null if the steps form no tree
   */
  plan: {
    [k: string]: unknown;
  } | null;
  /**
   * the steps of the newest snapshot
   */
  steps: {
    [k: string]: unknown;
  }[];
  stepCount: number;
  rootStepId: string | null;
  /**
   * id of the linked strategy; a strategy is linked to one chat at most
   */
  strategyId: number | null;
  isSaved: boolean;
  /**
   * seq of the newest event that changed the projection
   */
  lastEventSeq: number;
}
/**
 * the key is never returned
 */
export interface Provider {
  /**
   * `prv_` and a UUIDv7
   */
  id: string;
  name: string;
  baseUrl: string;
  defaultModel: string;
  maxTokens: number | null;
  /**
   * the provider that is used after this one has failed for good
   */
  fallbackId: string | null;
  /**
   * how the server is asked to continue a partial message; null if it can not
   */
  continuation: 'vllm' | 'openrouter' | null;
  /**
   * the API that it speaks; null: by the host of its base URL
   */
  api: 'chat' | 'responses' | 'anthropic' | null;
  /**
   * how requests of Chat Completions are written
   */
  profile:
    | 'auto'
    | 'openai'
    | 'azure'
    | 'openrouter'
    | 'gemini'
    | 'anthropic-compatible'
    | 'deepseek'
    | 'kimi'
    | 'mistral'
    | 'groq'
    | 'vllm'
    | 'ollama'
    | 'llama.cpp'
    | 'lmstudio'
    | 'litellm'
    | 'strict';
  /**
   * ISO 8601, UTC
   */
  createdAt: string;
  /**
   * what its refusals have taught about requests, by model; at most 50, the newest
   */
  learned: {
    model: string;
    fact: string;
    /**
     * ISO 8601, UTC
     */
    learnedAt: string;
  }[];
}
/**
 * drop the draft of earlier epochs
 */
export interface RestartFrame {
  type: 'restart';
  turnId: string;
  beat: number;
  epoch: number;
  reason: RestartReason;
}
export interface Scene {
  /**
   * `scn_` and a UUIDv7
   */
  id: string;
  /**
   * the place of the scene
   */
  container: string;
  status: 'open' | 'closed';
  openedSeq: number;
  /**
   * ISO 8601, UTC
   */
  openedAt: string;
  /**
   * ISO 8601, UTC
   */
  endedAt: string | null;
  /**
   * by the id of the character from whose point of view the summary is
   */
  summaries: {
    [k: string]: string;
  };
}
export interface ServiceFacts {
  /**
   * whether relay chats can be made: `UPSTREAM_BASE_URL` is set
   */
  relays: boolean;
  /**
   * how often a reply is tried
   */
  replyAttempts: number;
}
/**
 * the state of a turn and of its steps
 */
export interface StatusFrame {
  type: 'status';
  turnId: string;
  status: TurnStatus;
  phase: TurnPhase;
  steps: StepView[];
}
export interface StepView {
  name: string;
  status: StepStatus;
  attempts: number;
  error?: PublicError;
}
/**
 * a step of an agent's reply
 */
export interface StepFrame {
  type: 'step';
  turnId: string;
  step: AgentStep;
}
export interface StoryEvent {
  /**
   * `evt_` and a UUIDv7
   */
  id: string;
  title: string;
  description: string;
  status: 'planned' | 'active' | 'completed' | 'cancelled';
  /**
   * the effects of its completion
   */
  artifacts: {
    knowledgeFacts?: {
      sourceId: string;
      targetId: string;
      fact: string;
    }[];
    relationshipChange?: {
      sourceId: string;
      targetId: string;
      affinityDelta: number;
      trustDelta: number;
    };
    acquiredObjects?: {
      ownerId: string;
      name: string;
    }[];
  };
  /**
   * ISO 8601, UTC
   */
  createdAt: string;
}
export interface Thinking {
  toolCalls: {
    id: string;
    name: string;
    arguments?: unknown;
    status: 'pending' | 'awaiting_approval' | 'running';
  }[];
}
/**
 * the next piece of a reply in flight
 */
export interface TokenFrame {
  type: 'token';
  turnId: string;
  beat: number;
  /**
   * counts the drafts of a beat from 1; a later one replaces an earlier one
   */
  epoch: number;
  speakerId: string;
  channel: 'text' | 'thinking';
  /**
   * in UTF-16 code units from the start of the epoch's channel; tokens are contiguous
   */
  offset: number;
  text: string;
}
export interface Tool {
  name: string;
  description: string;
  /**
   * the JSON Schema of the arguments
   */
  schema: {
    [k: string]: unknown;
  };
  /**
   * 1 read, 2 write, 3 dangerous
   */
  permissionLevel: number;
  /**
   * `builtin`, or `mcp:` and the name of the MCP server
   */
  source: string;
  needsApproval: boolean;
}
export interface Turn {
  /**
   * `turn_` and a UUIDv7
   */
  id: string;
  /**
   * `chat_` and a UUIDv7
   */
  chatId: string;
  kind: ChatKind;
  status: TurnStatus;
  phase: TurnPhase;
  /**
   * counts from 1; only while the turn is queued
   */
  queuePosition?: number;
  userTurnSeq: number;
  /**
   * the version of the reply that this one replaces
   */
  regenerates?: string;
  beats: {
    beat: number;
    speakerId: string;
    epoch: number;
    attempt: number;
    status: StepStatus;
    text: string;
    truncated: boolean;
    seq?: number;
  }[];
  steps: StepView[];
  usage: TokenUsage | null;
  warnings: string[];
  error?: PublicError;
  workflowId: string;
  runId?: string;
  temporalUiUrl?: string;
  /**
   * ISO 8601, UTC
   */
  createdAt: string;
  /**
   * ISO 8601, UTC
   */
  startedAt?: string;
  /**
   * ISO 8601, UTC
   */
  finishedAt?: string;
  /**
   * `unreachable`: the workflow did not answer; the state comes from Postgres. `failing`: the workflow fails at every attempt; the next turn gets the floor within a minute, and replies in the log stay
   */
  engine: 'ok' | 'unreachable' | 'failing';
}
export interface Version {
  /**
   * id of the turn that wrote the version
   */
  id: string;
  /**
   * the same as `id`
   */
  turnId: string;
  /**
   * whether the timeline contains this version
   */
  active: boolean;
  status: TurnStatus;
  /**
   * ISO 8601, UTC
   */
  createdAt: string;
  beats: {
    beat: number;
    speakerId: string;
    text: string;
    truncated: boolean;
    seq: number;
  }[];
}
/**
 * the secret is never returned
 */
export interface Webhook {
  /**
   * `whk_` and a UUIDv7
   */
  id: string;
  url: string;
  /**
   * the kinds of events that are sent
   */
  events: (
    | 'chat_created'
    | 'message_added'
    | 'user_turn'
    | 'user_turn_edit'
    | 'assistant_turn_started'
    | 'assistant_turn'
    | 'assistant_turn_edited'
    | 'memory_written'
    | 'memory_scored'
    | 'memory_pinned'
    | 'memory_unpinned'
    | 'memory_edited'
    | 'memory_removed'
    | 'edge_update'
    | 'edge_summary'
    | 'scene_opened'
    | 'scene_closed'
    | 'scene_summary'
    | 'story_event_planned'
    | 'story_event_started'
    | 'story_event_completed'
    | 'story_event_cancelled'
    | 'object_acquired'
    | 'changes_proposed'
    | 'change_accepted'
    | 'change_declined'
    | 'change_stale'
    | 'document_edited'
    | 'system_message'
    | 'tool_call_start'
    | 'tool_call_end'
    | 'subagent_task_start'
    | 'subagent_tool_call_start'
    | 'subagent_tool_call_end'
    | 'subagent_task_end'
    | 'citations'
    | 'planning_artifact'
    | 'reasoning'
    | 'model_selected'
    | 'strategy_meta'
    | 'strategy_link'
    | 'graph_snapshot'
    | 'graph_plan'
    | 'graph_cleared'
    | 'user_turn_parsed'
    | 'chat_titled'
    | 'strategy_unlinked'
    | 'step_stuck'
    | 'step_skipped'
    | 'turn_rolled_back'
    | 'turn_superseded'
    | 'version_activated'
    | 'chat_settings_changed'
    | 'guest_cleared'
    | 'chat_rewound'
    | 'rewind_undone'
    | 'turn_completed'
  )[];
  /**
   * ISO 8601, UTC
   */
  createdAt: string;
}
export interface WebhookDelivery {
  /**
   * the same at each attempt, and in `X-Webhook-Id`: repeats are known by it
   */
  id: string;
  /**
   * `whk_` and a UUIDv7
   */
  webhookId: string;
  kind:
    | 'chat_created'
    | 'message_added'
    | 'user_turn'
    | 'user_turn_edit'
    | 'assistant_turn_started'
    | 'assistant_turn'
    | 'assistant_turn_edited'
    | 'memory_written'
    | 'memory_scored'
    | 'memory_pinned'
    | 'memory_unpinned'
    | 'memory_edited'
    | 'memory_removed'
    | 'edge_update'
    | 'edge_summary'
    | 'scene_opened'
    | 'scene_closed'
    | 'scene_summary'
    | 'story_event_planned'
    | 'story_event_started'
    | 'story_event_completed'
    | 'story_event_cancelled'
    | 'object_acquired'
    | 'changes_proposed'
    | 'change_accepted'
    | 'change_declined'
    | 'change_stale'
    | 'document_edited'
    | 'system_message'
    | 'tool_call_start'
    | 'tool_call_end'
    | 'subagent_task_start'
    | 'subagent_tool_call_start'
    | 'subagent_tool_call_end'
    | 'subagent_task_end'
    | 'citations'
    | 'planning_artifact'
    | 'reasoning'
    | 'model_selected'
    | 'strategy_meta'
    | 'strategy_link'
    | 'graph_snapshot'
    | 'graph_plan'
    | 'graph_cleared'
    | 'user_turn_parsed'
    | 'chat_titled'
    | 'strategy_unlinked'
    | 'step_stuck'
    | 'step_skipped'
    | 'turn_rolled_back'
    | 'turn_superseded'
    | 'version_activated'
    | 'chat_settings_changed'
    | 'guest_cleared'
    | 'chat_rewound'
    | 'rewind_undone'
    | 'turn_completed';
  /**
   * `chat_` and a UUIDv7
   */
  chatId: string;
  /**
   * the event, as in the log
   */
  event?: {
    [k: string]: unknown;
  };
  /**
   * says that `event.data` was left out for its size
   */
  note?: string;
}
export interface You {
  id: 'you';
  name: string;
  persona: string;
}
