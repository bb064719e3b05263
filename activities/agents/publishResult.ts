import type { CallKey, endCall } from '../../db/agents/toolCalls.js';
import type { Wire } from '../../viewers/wire/wire.js';

/** Sends the result of a call to viewers at once. Where the wire loses it, gateways read it from Postgres. */
export function publishResult(wire: Wire, { turnId }: CallKey, ended: Awaited<ReturnType<typeof endCall>>): void {
  if (!ended) return;
  const { chatId, fence, epoch, step } = ended;
  wire.step({ chatId, turnId, beat: 0, fence, epoch, offset: null, step });
}
