import type { PastIteration } from './agentPrompt.js';

/**
 * Names the provider and the model of a request, within a turn. What a server attaches to a reply is sent back to the same
 * origin only: others refuse unknown fields and the signatures of other models.
 */
export const originOf = ({ model, onFallback }: { model: string; onFallback: boolean }): string =>
  `${onFallback ? 'fallback' : 'first'}/${model}`;

/**
 * The iterations as a request to `origin` may hold them. Those of another origin have neither reasoning nor fields of
 * their server, and our own ids of their calls, whose form every API accepts.
 */
export const forOrigin = (iterations: PastIteration[], origin: string): PastIteration[] =>
  iterations.map((past) => (past.origin === undefined || past.origin === origin ? past : withoutServerData(past)));

const withoutServerData = ({ text, calls }: PastIteration): PastIteration => ({
  text,
  calls: calls.map(({ id, ownId = id, name, arguments: sent, result }) => ({
    id: ownId,
    name,
    arguments: sent,
    result,
  })),
});
