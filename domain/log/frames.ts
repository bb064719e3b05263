import { z } from 'zod';
import { relayInfo } from '../relay/relay.js';
import { type RestartReason, restartReasons } from '../turns/restartReasons.js';
import { publicError, stepStatus, turnPhase, turnStatus } from '../turns/turn.js';
import { agentStep, type ChatEvent, type LoggedEvent, loggedEvent } from './events.js';

/**
 * The list of frames: one schema per type, types inferred. OpenAPI and the types of the client package are generated
 * from it. The service does not validate the frames that it sends; tests do.
 */
export const channel = z.enum(['text', 'thinking']);
export type Channel = z.infer<typeof channel>;

/** Identifies the draft of a beat. A beat has one draft at a time; `epoch` counts them from 1. */
export type DraftKey = { turnId: string; beat: number };

const turnId = z.string();
const whole = z.number().int().nonnegative();

const draftText = {
  turnId,
  beat: whole,
  epoch: whole.meta({ description: 'counts the drafts of a beat from 1; a later one replaces an earlier one' }),
  speakerId: z.string(),
  channel,
  offset: whole.meta({
    description: "in UTF-16 code units from the start of the epoch's channel; tokens are contiguous",
  }),
  text: z.string(),
};

export const stepView = z
  .object({
    name: z.string(),
    status: stepStatus,
    attempts: whole,
    error: publicError.optional(),
  })
  .meta({ id: 'StepView' });
export type StepView = z.infer<typeof stepView>;

const restartReason = z
  .enum(Object.keys(restartReasons) as [RestartReason, ...RestartReason[]])
  .meta({ id: 'RestartReason', description: 'more may be added' });

const frames = {
  hello: z
    .object({ type: z.literal('hello'), chatId: z.string(), seq: whole })
    .meta({ id: 'HelloFrame', description: 'the first frame of a connection; `seq` of the newest event' }),
  draft: z
    .object({ type: z.literal('draft'), ...draftText })
    .meta({ id: 'DraftFrame', description: 'the text so far of a reply in flight, once after `hello`' }),
  token: z
    .object({ type: z.literal('token'), ...draftText })
    .meta({ id: 'TokenFrame', description: 'the next piece of a reply in flight' }),
  restart: z
    .object({ type: z.literal('restart'), turnId, beat: whole, epoch: whole, reason: restartReason })
    .meta({ id: 'RestartFrame', description: 'drop the draft of earlier epochs' }),
  status: z
    .object({ type: z.literal('status'), turnId, status: turnStatus, phase: turnPhase, steps: z.array(stepView) })
    .meta({ id: 'StatusFrame', description: 'the state of a turn and of its steps' }),
  step: z
    .object({ type: z.literal('step'), turnId, step: agentStep })
    .meta({ id: 'StepFrame', description: "a step of an agent's reply" }),
  heartbeat: z.object({ type: z.literal('heartbeat'), turnId, elapsedSeconds: z.number() }).meta({
    id: 'HeartbeatFrame',
    description: 'a relayed reply is silent, and its upstream is still connected',
  }),
  meta: z
    .object({
      type: z.literal('meta'),
      turnId,
      ...relayInfo.pick({ usedTools: true, rowsSeen: true, classifierTag: true }).shape,
    })
    .meta({ id: 'MetaFrame', description: 'sources and classification of a relayed reply' }),
  error: z
    .object({ type: z.literal('error'), code: z.string(), message: z.string() })
    .meta({ id: 'ErrorFrame', description: 'a frame from the viewer was refused, or the stream can not continue' }),
};

const eventFrame = z
  .intersection(z.object({ type: z.literal('event') }), loggedEvent)
  .meta({ id: 'EventFrame', description: 'an event of the log; each seq after the cursor comes once, in order' });

/** The frames that a viewer can receive, on the live socket and over SSE. */
export const viewerFrame = z.union([eventFrame, ...Object.values(frames)]).meta({ id: 'ViewerFrame' });

export type TokenFrame = z.infer<(typeof frames)['token']>;
export type DraftFrame = z.infer<(typeof frames)['draft']>;
type EventFrame = { type: 'event' } & LoggedEvent;
export type ViewerFrame = EventFrame | z.infer<(typeof frames)[keyof typeof frames]>;

/** An event as viewers receive it: without the marks, because they change later. */
export const toEventFrame = ({ seq, kind, turnId, at, data }: ChatEvent): EventFrame =>
  ({ type: 'event', seq, kind, turnId, at, data }) as EventFrame;

/** The frames that a viewer may send. */
export const clientFrame = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('cancel'), turnId: turnId.min(1).max(200) }).meta({ id: 'CancelFrame' }),
    z.strictObject({ type: z.literal('ping') }).meta({ id: 'PingFrame' }),
  ])
  .meta({ id: 'ClientFrame' });

/** Close codes of the live socket. */
export const closeCodes = {
  badCursor: 4400,
  unauthorized: 4401,
  chatNotFound: 4404,
  /** The viewer is too slow, or a server that the api needs is unavailable. Reconnect after a pause. */
  tooSlow: 1013,
  /** The api restarts. Reconnect to its successor. */
  restarting: 1012,
} as const;
