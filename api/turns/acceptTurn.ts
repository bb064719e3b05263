import type { Pool } from '../../db/core/pool.js';
import { type Claim, type ClaimLimits, type ClaimRequest, claimTurn } from '../../db/turns/claim.js';
import type { ConnectedNamespace } from '../../engine/namespace.js';
import type { RequestTracing } from '../http/requestTracing.js';
import type { ReconcileTurn } from './reconcileTurn.js';
import { requestHash } from './requestHash.js';
import type { TurnStarter } from './turnStarter.js';
import type { TurnStopper } from './turnStopper.js';

type Accepted = {
  turnId: string;
  userTurnSeq: number;
  /** Whether an earlier request with the same key has not accepted it. */
  created: boolean;
  /** Whether it waits for the floor. */
  queued: boolean;
  /** Settles when the workflow is started or Temporal does not answer; at once when there is none to start. */
  started: Promise<'started' | 'later'>;
};

export type AcceptTurn = (request: Omit<ClaimRequest, 'requestHash'>) => Promise<Accepted>;

/**
 * Accepts a turn: persists it in Postgres, starts its workflow if it has the floor, and stops the turn that it
 * interrupts. Throws `ClaimRefused`.
 */
export function createAcceptTurn(deps: {
  pool: Pool;
  starter: TurnStarter;
  stopTurn: TurnStopper;
  namespace: Pick<ConnectedNamespace, 'known'>;
  reconcileTurn: ReconcileTurn;
  onAccepted: (kind: string, created: boolean) => void;
  tracing: RequestTracing;
  turnLimits: ClaimLimits;
}): AcceptTurn {
  return async (request) => {
    const [trace, namespaceId] = [deps.tracing.current(), deps.namespace.known()];
    const claimed = { ...request, trace, namespaceId, requestHash: hashRequest(request) };
    const claim = await claimTurn(deps.pool, claimed, deps.turnLimits);
    deps.tracing.annotate({ turnId: claim.turn.id, chatId: claim.turn.chatId });
    // The client may repeat the request because the api that accepted the turn died before it started the workflow.
    if (!claim.created && isUnopened(claim.turn)) void deps.reconcileTurn(claim.turn.id);
    const started = claim.start ? deps.starter.start(claim.start) : Promise.resolve('started' as const);
    if (claim.stopping) deps.stopTurn(claim.stopping);
    deps.onAccepted(claim.turn.kind, claim.created);
    const { id: turnId, userTurnSeq, status } = claim.turn;
    return { turnId, userTurnSeq, created: claim.created, queued: status === 'queued', started };
  };
}

const isUnopened = (turn: Claim['turn']) => turn.status === 'running' && turn.openedAt === null;

/** A hash of the body's values, not of its bytes: a repeat may order or space its fields differently. */
function hashRequest(request: Omit<ClaimRequest, 'requestHash'>): string {
  const { text, quote, attachments = [], outputs = [], functions, whenBusy, whenFailed, options = {} } = request;
  // Without attachments the hash is that of releases that had none.
  const attached = attachments.length > 0 ? [attachments] : [];
  const brought = outputs.length > 0 || functions ? [{ outputs, functions }] : [];
  return requestHash([
    text,
    quote ?? null,
    ...attached,
    ...brought,
    whenBusy,
    whenFailed,
    ...Object.entries(options).sort(),
  ]);
}
