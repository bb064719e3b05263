import type { DraftKey } from '../../domain/log/frames.js';
import type { Wire } from '../../viewers/wire/wire.js';
import type { Checkpointer } from './checkpointer.js';
import type { ProviderStream } from './providerStream.js';

type StepKey = { key: DraftKey; name: string };

/** The streams that run in this process, by step. A stream may outlive its attempt: the next attempt adopts it. */
export type RunningStreams = {
  get(step: StepKey): ProviderStream | undefined;
  add(step: StepKey, stream: ProviderStream): void;
  /** Does nothing where another stream has taken the place. */
  remove(step: StepKey, stream: ProviderStream): void;
};

const idOf = ({ key, name }: StepKey) => `${key.turnId}/${name}`;

export function createRunningStreams(wire: Wire, checkpointer: Checkpointer): RunningStreams {
  const streams = new Map<string, ProviderStream>();
  wire.onStop((turnId) => {
    for (const stream of streams.values()) if (stream.key.turnId === turnId) stream.stop();
  });
  return {
    get: (step) => streams.get(idOf(step)),
    add: (step, stream) => void streams.set(idOf(step), stream),
    remove(step, stream) {
      if (streams.get(idOf(step)) !== stream) return;
      streams.delete(idOf(step));
      checkpointer.forget(step.key);
    },
  };
}
