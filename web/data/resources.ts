import type { ChatEvent, StoryArtifacts } from '../../domain/log/events.js';
import type { StepView } from '../../domain/log/frames.js';
import type { Edge } from '../../domain/narrative/edge.js';
import type { ToolCall } from '../../domain/turns/activity.js';
import type { ChatKind, PublicError, TokenUsage, TurnStatus, WhenBusy } from '../../domain/turns/turn.js';

/** What the api answers with, as far as the page reads it. */
export type Page<T> = { items: T[]; next: string | null };

export type You = { id: 'you'; name: string; persona: string };
export type Character = { id: string; name: string; persona: string; greeting: string | null };

export type Chat = {
  id: string;
  kind: ChatKind;
  title: string | null;
  hostId: string | null;
  guestId: string | null;
  documentId: string | null;
  anchor: { quote: string; start?: number } | null;
  settings: {
    systemPrompt?: string;
    providerId?: string;
    model?: string;
    temperature?: number;
    maxIterations?: number;
    thinkingEnabled?: boolean;
    enabledTools?: string[];
    persona?: string;
    sessionId?: string;
  };
  seq: number;
  activeTurnId: string | null;
  queue: string[];
  createdAt: string;
};

export type NewTurn = { text: string; quote?: string; whenBusy?: WhenBusy };

export type Turn = {
  id: string;
  status: TurnStatus;
  phase: string;
  queuePosition?: number;
  steps: StepView[];
  beats: { beat: number; attempt: number; epoch: number }[];
  usage: TokenUsage | null;
  warnings: string[];
  error?: PublicError;
  temporalUiUrl?: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  engine: 'ok' | 'unreachable' | 'failing';
};

export type Version = {
  id: string;
  turnId: string;
  active: boolean;
  createdAt: string;
  beats: { beat: number; speakerId: string; text: string }[];
};

export type Memory = {
  id: string;
  text: string;
  sceneId: string | null;
  witnesses: string[];
  significance: number | null;
  pinned: boolean;
  at: string;
};

export type Scene = {
  id: string;
  container: string;
  status: 'open' | 'closed';
  openedAt: string;
  endedAt: string | null;
  summaries: Record<string, string>;
};

export type StoryEvent = {
  id: string;
  title: string;
  description: string;
  status: 'planned' | 'active' | 'completed' | 'cancelled';
  artifacts: StoryArtifacts;
};

/** A document as lists have it; read by itself it has its body too. */
export type DocumentHead = { id: string; title: string; version: number };
export type Document = DocumentHead & { body: string };

export type Change = {
  id: string;
  documentId: string;
  state: 'pending' | 'accepted' | 'declined';
  original: string;
  proposed: string;
  reason: string;
  staleSince: string | null;
  messageSeq: number;
};

export type Tool = {
  name: string;
  description: string;
  permissionLevel: number;
  source: string;
  needsApproval: boolean;
};

export type OpenCall = Pick<ToolCall, 'id' | 'name' | 'arguments'> & {
  status: 'pending' | 'awaiting_approval' | 'running';
};

export type RewindPreview = { totalEvents: number; byKind: Record<string, number> };

export type { ChatEvent, ChatKind, Edge, PublicError, StepView, TokenUsage, ToolCall, TurnStatus, WhenBusy };
