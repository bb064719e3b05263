import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { OwnerOf } from '../db/ownerOf.js';
import type { Drain } from './drain.js';
import type { Places } from './places.js';

/** What may take long, for it waits for a provider or a tool. All else is over within seconds, and takes no place. */
const takesPlace = new Set(['streamReply', 'streamIteration', 'askSubagent', 'runTool', 'classify', 'summarizeScene']);

/** The longest wait for a place, in milliseconds: less than any heartbeat timeout. */
const WAIT_MS = 2_000;

/**
 * Long activities share a worker's places fairly between owners. One whose owner has its share by now waits a moment,
 * in a slot of the SDK that is kept for others, and goes back to its task queue, so that tasks of other owners behind
 * it are reached. The waits are spread: where many wait, a slot gets free every few milliseconds.
 */
export function fairPlaces(deps: { places: Places; drain: Drain; ownerOf: OwnerOf }): ActivityInterceptorsFactory {
  // another worker takes what waits here
  deps.drain.onDraining(deps.places.close);
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        if (info.isLocal || !takesPlace.has(info.activityType)) return next(input);
        const owner = info.priority?.fairnessKey || (await deps.ownerOf(input.args[0])) || '';
        const release = await takePlace(deps.places, owner);
        try {
          return await next(input);
        } finally {
          release();
        }
      },
    },
  });
}

async function takePlace(places: Places, owner: string) {
  const { cancellationSignal: signal } = Context.current();
  const taken = await places.take(owner, { signal, withinMs: WAIT_MS * (0.5 + Math.random() / 2) });
  if (taken === 'late') throw noPlace();
  return taken;
}

/** An attempt that was none of the provider's or the tool's: the next one may begin at once. */
const noPlace = (): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'no_place',
    message: 'no_place',
    nextRetryDelay: 1,
    category: ApplicationFailureCategory.BENIGN,
  });
