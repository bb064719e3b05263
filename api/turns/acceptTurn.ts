import { createHash } from 'node:crypto';
import type { Pool } from '../../db/core/pool.js';
import { type Claim, type ClaimRequest, claimTurn } from '../../db/turns/claim.js';
import type { ConnectedNamespace } from '../../engine/namespace.js';
import type { RequestTracing } from '../http/requestTracing.js';
import type { ReconcileTurn } from './reconcileTurn.js';
import type { TurnStarter } from './turnStarter.js';
import type { TurnStopper } from './turnStopper.js';

type Accepted = {
  turnId: string;
  userTurnSeq: number;
  /** Settles when the engine has its workflow, or is known to be away; at once when there is none to start. */
  started: Promise<'started' | 'later'>;
};

export type AcceptTurn = (request: Omit<ClaimRequest, 'requestHash'>) => Promise<Accepted>;

/**
 * Accepts a turn: claims it in Postgres, and from there on nothing loses it; then starts its workflow, if it
 * has the floor, and tells the turn whose place it takes.
 */
export function createAcceptTurn(deps: {
  pool: Pool;
  starter: TurnStarter;
  stopTurn: TurnStopper;
  namespace: Pick<ConnectedNamespace, 'known'>;
  reconcileTurn: ReconcileTurn;
  onAccepted: (kind: string, created: boolean) => void;
  tracing: RequestTracing;
}): AcceptTurn {
  return async (request) => {
    const [trace, namespaceId] = [deps.tracing.current(), deps.namespace.known()];
    const claim = await claimTurn(deps.pool, { ...request, requestHash: hashRequest(request), trace, namespaceId });
    deps.tracing.annotate({ turnId: claim.turn.id, chatId: claim.turn.chatId });
    // A repeat may come because whoever accepted the turn died before starting it.
    if (!claim.created && isUnopened(claim.turn)) void deps.reconcileTurn(claim.turn.id);
    const started = claim.start ? deps.starter.start(claim.start) : Promise.resolve('started' as const);
    if (claim.stopping) deps.stopTurn(claim.stopping);
    deps.onAccepted(claim.turn.kind, claim.created);
    return { turnId: claim.turn.id, userTurnSeq: claim.turn.userTurnSeq, started };
  };
}

const isUnopened = (turn: Claim['turn']) => turn.status === 'running' && turn.openedAt === null;

/** Of what the body means, not of its bytes: a repeat may order or space its fields differently. */
function hashRequest(request: Omit<ClaimRequest, 'requestHash'>): string {
  const meaning = [request.text, request.quote ?? null, request.whenBusy, request.whenFailed];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex');
}
