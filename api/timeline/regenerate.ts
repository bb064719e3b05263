import type { Pool } from '../../db/core/pool.js';
import { claimRegeneration, type RegenerateRequest } from '../../db/timeline/versions/regenerate.js';
import type { TurnLimits } from '../../db/turns/ownerTurns.js';
import type { ConnectedNamespace } from '../../engine/namespace.js';
import type { RequestTracing } from '../http/requestTracing.js';
import { requestHash } from '../turns/requestHash.js';
import type { TurnStarter } from '../turns/turnStarter.js';

export type Regenerate = (
  request: Omit<RegenerateRequest, 'requestHash'>,
) => Promise<{ turnId: string; started: 'started' | 'later' }>;

/** Accepts a turn that replaces the last reply, and starts its workflow. Throws `ClaimRefused`. */
export function createRegenerate(deps: {
  pool: Pool;
  starter: Pick<TurnStarter, 'start'>;
  namespace: Pick<ConnectedNamespace, 'known'>;
  onAccepted: (kind: string, created: boolean) => void;
  tracing: RequestTracing;
  turnLimits: TurnLimits;
}): Regenerate {
  return async (request) => {
    const claimed = {
      ...request,
      // The kind of request is part of the hash: the same key for a plain turn is refused.
      requestHash: requestHash([request.continues ? 'continue' : 'regenerate', request.turnId, request.text ?? null]),
      trace: deps.tracing.current(),
      namespaceId: deps.namespace.known(),
    };
    const claim = await claimRegeneration(deps.pool, claimed, deps.turnLimits);
    deps.tracing.annotate({ turnId: claim.turn.id, chatId: claim.turn.chatId });
    deps.onAccepted(claim.turn.kind, claim.created);
    return { turnId: claim.turn.id, started: claim.start ? await deps.starter.start(claim.start) : 'started' };
  };
}
