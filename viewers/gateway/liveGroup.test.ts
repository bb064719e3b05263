import { expect, test } from '@jest/globals';
import { encodeFrame, type Sink } from '../sinks/sink.js';
import { createLiveGroup } from './liveGroup.js';

/** A sink that counts how often it is asked what is unsent. */
function countingSink() {
  const asked = { times: 0, frames: 0 };
  const sink: Sink = {
    closed: false,
    send: () => void asked.frames++,
    bufferedBytes: () => {
      asked.times += 1;
      return 0;
    },
    drained: () => Promise.resolve(),
    onClosed: () => undefined,
    close: () => undefined,
  };
  return { asked, viewer: { sink, fallBehind: () => undefined } };
}

test('a viewer that joins a crowd does not cost a look at each viewer of the crowd', () => {
  const group = createLiveGroup();
  const crowd = Array.from({ length: 200 }, countingSink);
  for (const { viewer } of crowd) group.add(viewer, new Map(), []);
  group.send(encodeFrame({ type: 'heartbeat', turnId: 'turn_1', elapsedSeconds: 1 }));
  expect(crowd.map(({ asked }) => asked.frames)).toEqual(crowd.map(() => 1));
  expect(crowd.reduce((sum, { asked }) => sum + asked.times, 0)).toBe(0);
});
