import type { Pool, Tx } from '../../db/core/pool.js';
import type { Lease, Speaker } from '../../db/streaming/leases.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { SpeakerNames } from '../../domain/narrative/speakerNames.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import type { ReplyProvider, ReplyRequest } from '../../llm/port.js';
import type { Wire } from '../../viewers/wire/wire.js';
import type { RetryRule } from '../failure.js';
import type { Telemetry } from '../telemetry.js';
import type { Checkpointer } from './checkpointer.js';
import type { BegunStep, KeptText, StepHooks } from './draftWriter.js';
import type { ProviderStream } from './providerStream.js';
import type { StreamEnd } from './streamEnd.js';

export type StreamingDeps = {
  pool: Pool;
  wire: Wire;
  checkpointer: Checkpointer;
  /** How long a provider may send nothing, in milliseconds. */
  silenceMs: number;
  /** The longest time of a reply, all attempts together, in milliseconds. */
  limitMs: number;
  retry: RetryRule;
  telemetry: Telemetry;
};

/** Another provider, asked once the attempts at the first one are used up. */
export type Fallback = { provider: ReplyProvider; model: string };

/** What the provider is asked for. */
export type ModelRequest = {
  provider: ReplyProvider;
  request: Omit<ReplyRequest, 'requestId'>;
  fallback?: Fallback | undefined;
  /** For a character: the names by which its lines and those of others may begin. */
  names?: SpeakerNames;
  /** The text of the version that the reply continues. */
  continued?: string;
  /** For an agent, whose draft holds several calls of the model and has steps. */
  draft?: {
    kept: KeptText;
    steps: StepHooks;
    /** The steps that the attempt before began, for one that resumes its response. */
    begunSteps: BegunStep[];
  };
};

/**
 * A step of a turn whose text streams to viewers: a reply, or one iteration of an agent. `P` is what its prompt is made
 * from, `V` the verdict that the workflow gets.
 */
export type StreamedStep<P, V> = {
  key: DraftKey;
  kind: ChatKind;
  speaker: Speaker;
  /** As in the contract, such as `reply:0`. Part of the id that the request has at the provider. */
  name: string;
  /** The verdict where the turn has ended or was deleted. */
  gone: V;
  /** The verdict of an earlier attempt that has landed; null where none has. */
  findLanded(tx: Tx, key: DraftKey): Promise<V | null>;
  /** Null where the turn was deleted. */
  readPrompt(): Promise<P | null>;
  /** Throws a `TurnFailure` where no request can be made. */
  toRequest(prompt: P, lease: Lease): Promise<ModelRequest>;
  /** Ends the step with the text that is checkpointed. */
  close(): Promise<V>;
  /** Appends what the stream gave, if the fence still holds. */
  land(fence: number, stream: ProviderStream, end: StreamEnd): Promise<V | 'superseded'>;
  /** Whether all that was sent is checkpointed before it lands, because the next step continues from the checkpoints. */
  checkpointBeforeLanding: boolean;
};
