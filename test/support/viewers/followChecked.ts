import type { Client, ConnectionState } from '../../../client/src/index.js';
import type { ViewerFrame } from '../../../domain/log/frames.js';
import { createFrameCheck } from './frameCheck.js';

export type CheckedFollowing = {
  /** What broke the contract: a breach of `createFrameCheck`, an error frame, a refusal that is final. */
  violations: string[];
  connections(): number;
  cursor(): number;
  close(): void;
};

/**
 * Follows a chat with the client package over any lost connection, and checks the frames of each connection against
 * the contract. `onFrame` is called with each frame, after it was checked.
 */
export function followChecked(client: Client, chatId: string, onFrame: (frame: ViewerFrame) => void): CheckedFollowing {
  const violations: string[] = [];
  let check = createFrameCheck(0);
  let connections = 0;

  function onState(state: ConnectionState): void {
    if (state.name === 'refused') violations.push(`refused with ${state.code}`);
    if (state.name !== 'connecting') return;
    connections += 1;
    check = createFrameCheck(state.cursor);
  }

  const following = client.followChat(chatId, {
    onState,
    onFrame(received) {
      // The package's types are generated from the schemas of these.
      const frame = received as ViewerFrame;
      const before = check.violations.length;
      check.take(frame);
      const found = check.violations.slice(before);
      if (frame.type === 'error') found.push(`error frame ${frame.code}`);
      violations.push(...found.map((what) => `${what} (connection ${connections})`));
      onFrame(frame);
    },
  });
  return {
    violations,
    connections: () => connections,
    cursor: () => following.state.cursor,
    close: following.close,
  };
}
