import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { OwnerOf } from '../../db/chats/ownerOf.js';
import type { Drain } from '../drain/drain.js';
import type { Places } from './places.js';
import { createSpacing } from './spacing.js';

/** What may take long, for it waits for a provider or a tool. All else is over within seconds, and takes no place. */
const takesPlace = new Set(['streamReply', 'streamIteration', 'askSubagent', 'runTool', 'classify', 'summarizeScene']);

/** The longest wait for a place, in milliseconds: less than any heartbeat timeout. */
const WAIT_MS = 2_000;
/** The longest time that a task stays away which found no place, in milliseconds. */
const LONGEST_AWAY_MS = 60_000;

/**
 * Long activities share a worker's places fairly between owners. One whose owner has its share by now waits a moment,
 * in a slot of the SDK that is kept for others, and goes back to its task queue, so that tasks of other owners behind
 * it are reached. However many there are, they come again one after the other, so that about half of those slots are
 * free. `kept`: how many slots there are.
 */
export function fairPlaces(deps: {
  places: Places;
  kept: number;
  drain: Drain;
  ownerOf: OwnerOf;
}): ActivityInterceptorsFactory {
  const away = createSpacing(WAIT_MS / Math.max(1, deps.kept / 2), LONGEST_AWAY_MS);
  // another worker takes what waits here
  deps.drain.onDraining(deps.places.close);
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        if (info.isLocal || !takesPlace.has(info.activityType)) return next(input);
        const owner = info.priority?.fairnessKey || (await deps.ownerOf(input.args[0])) || '';
        const release = await takePlace(deps.places, owner, away);
        try {
          return await next(input);
        } finally {
          release();
        }
      },
    },
  });
}

async function takePlace(places: Places, owner: string, away: () => number) {
  const { cancellationSignal: signal } = Context.current();
  const taken = await places.take(owner, { signal, withinMs: WAIT_MS * (0.5 + Math.random() / 2) });
  if (taken === 'late') throw noPlace(away());
  return taken;
}

/** An attempt that was none of the provider's or the tool's. */
const noPlace = (nextRetryDelay: number): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'no_place',
    message: 'no_place',
    nextRetryDelay,
    category: ApplicationFailureCategory.BENIGN,
  });
