import type { Wire } from '../../../viewers/wire/wire.js';

/** A wire that loses everything. */
export const silentWire: Wire = {
  publish: () => undefined,
  step: () => undefined,
  meta: () => undefined,
  heartbeat: () => undefined,
  onStop: () => () => undefined,
  close: async () => undefined,
};
