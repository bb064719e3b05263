import { z } from 'zod';
import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { MAX_ARGUMENTS, MAX_CALLS } from '../replyLimits.js';

const functionDelta = z.object({ name: z.string().nullish(), arguments: z.string().nullish() });

/** A fragment of a call. Servers omit fields that they do not repeat, or send null. */
export const toolCallDelta = z.object({
  index: z.number().int().nullish(),
  id: z.string().nullish(),
  function: functionDelta.nullish(),
});
/** The form of the older API with one call. */
export const legacyCallDelta = functionDelta;

type Delta = z.infer<typeof toolCallDelta>;

/** Assembles the tool calls of a reply from their fragments. */
export type ToolCallDeltas = {
  take(deltas: Delta[]): void;
  /** The calls in the order of their first fragment. Those without a name are dropped; the id may be empty. */
  calls(): ToolCallRequest[];
};

/** For a fragment without index and id: a name begins a call, unless it repeats the name of a call without arguments. */
const beginsAnother = (last: ToolCallRequest | undefined, name: string | null | undefined): boolean =>
  Boolean(name && last && (last.arguments || (last.name && last.name !== name)));

export function createToolCallDeltas(): ToolCallDeltas {
  const calls: (ToolCallRequest & { index: number | null })[] = [];
  let size = 0;

  /** The call of a fragment: by its index, else by its id, else the last call unless a name begins another. */
  function callOf({ index, id, function: named }: Delta) {
    const known =
      typeof index === 'number'
        ? calls.find((call) => call.index === index)
        : id
          ? calls.find((call) => call.id === id)
          : beginsAnother(calls.at(-1), named?.name)
            ? undefined
            : calls.at(-1);
    if (known) return known;
    if (calls.length >= MAX_CALLS) throw new TurnFailure('reply_too_large');
    const begun = { index: index ?? null, id: '', name: '', arguments: '' };
    calls.push(begun);
    return begun;
  }

  return {
    take(deltas) {
      for (const delta of deltas) {
        const call = callOf(delta);
        call.id ||= delta.id ?? '';
        call.name ||= delta.function?.name ?? '';
        const piece = delta.function?.arguments ?? '';
        size += piece.length;
        if (size > MAX_ARGUMENTS) throw new TurnFailure('reply_too_large');
        call.arguments += piece;
      }
    },
    calls: () => calls.flatMap(({ id, name, arguments: sent }) => (name ? [{ id, name, arguments: sent }] : [])),
  };
}
