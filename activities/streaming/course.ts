import type { Tx } from '../../db/core/pool.js';
import type { OpenedDraft, Speaker } from '../../db/streaming/drafts.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import type { ReplyProvider, ReplyRequest } from '../../llm/port.js';
import type { BegunStep, ReplyStream, StreamStart } from './replyStream.js';
import type { StreamEnd } from './streamEnd.js';

export type OpenDraft = Extract<OpenedDraft, { state: 'open' }>;

export type Fallback = { provider: ReplyProvider; model: string };

/** What the provider is asked, and what of the draft is there before. */
export type Asked = {
  provider: ReplyProvider;
  request: Omit<ReplyRequest, 'requestId'>;
  /** Whom to turn to when the provider's attempts have run out, and with which model. */
  fallback?: Fallback | undefined;
  draft?: Pick<StreamStart, 'kept' | 'firstIndex' | 'dropSteps' | 'beginStep'> & {
    /** The steps that the attempt before began, for one that goes on with its reply. */
    begunSteps?: BegunStep[];
  };
};

/** What is streamed, and what becomes of it: `V` is the verdict. */
export type Course<V> = {
  key: DraftKey;
  kind: ChatKind;
  speaker: Speaker;
  /** The step's name, which the provider sees. */
  step: string;
  gone: V;
  /** Finds it in Postgres when it has landed before. */
  landed(tx: Tx, key: DraftKey): Promise<V | null>;
  /** Reads what it is made from, beside the opening of the draft. Null when the turn is no more. */
  read(): Promise<((opened: OpenDraft) => Promise<Asked>) | null>;
  /** Ends it without a stream of its own: keeps what is checkpointed. */
  close(): Promise<V>;
  /** Keeps the stream's text, if the fence still holds. */
  land(fence: number, stream: ReplyStream, end: StreamEnd): Promise<V | 'superseded'>;
  /** Whether all that was sent must be checkpointed before it lands: what comes after goes on from that. */
  settles: boolean;
};
