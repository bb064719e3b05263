import type { Response } from 'express';
import { readDecisions } from '../../../db/dialects/decidedCalls.js';
import type { Mark } from '../../../domain/marks/mark.js';
import { readRunningTurn } from '../core/chatState.js';
import { createCollectOutput } from '../core/collectOutput.js';
import { type FollowDeps, followTurn } from '../core/followTurn.js';
import { readThread } from '../core/thread.js';
import type { AiSdkVersion } from './uiChunks.js';
import { toUiMessages, type UiMessage } from './uiMessages.js';
import { replySoFar, withApprovals } from './waitingMessage.js';

/** The messages of a chat, as a page reads them after a reload. The reply in flight comes on its stream. */
export async function readUiMessages(
  deps: FollowDeps,
  response: Response,
  chatId: string,
  version: AiSdkVersion,
): Promise<UiMessage[]> {
  const { pool } = deps;
  const running = await readRunningTurn(pool, response.locals.owner, chatId);
  const { messages, names } = await readThread(pool, chatId, running?.turnId ?? null);
  if (running?.state.state !== 'waiting') return toUiMessages(messages, { version, names });
  const { turnId } = running;
  const marks = await marksSoFar(deps, response, turnId);
  const shown = toUiMessages([...messages, replySoFar({ turnId, marks })], { version, names });
  const turn = { turnId, marks, calls: running.state.calls, decisions: await readDecisions(pool, turnId) };
  return shown.map((message, n) => (n === shown.length - 1 ? withApprovals(message, turn, version) : message));
}

/** The marks of a turn that waits for a person, up to there. */
export async function marksSoFar(deps: FollowDeps, response: Response, turnId: string): Promise<readonly Mark[]> {
  const output = createCollectOutput(response);
  await followTurn(deps, { owner: response.locals.owner, turnId, endsWaiting: true }, output);
  return output.marks;
}
