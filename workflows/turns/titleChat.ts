import { isCancellation, ParentClosePolicy, proxyActivities, startChild, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { classifierQueue, summary, TITLE_CHAT_WORKFLOW } from '../../domain/turns/engine.js';
import { searchKey } from '../../domain/turns/workflowStart.js';

/** Names a chat after its first exchange. Where that fails, the chat stays without a title. */
export async function titleChat({ turnId }: { turnId: string }): Promise<{ failed: boolean }> {
  try {
    await askForTitle()({ turnId });
    return { failed: false };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { failed: true };
  }
}

/** The activity makes the last attempt final. */
const askForTitle = () =>
  proxyActivities<Activities>({
    taskQueue: classifierQueue(workflowInfo().taskQueue),
    summary: summary('title', null),
    startToCloseTimeout: '5 m',
    scheduleToCloseTimeout: '15 m',
    heartbeatTimeout: '3 s',
    retry: { initialInterval: '500 ms', maximumInterval: '30 s' },
  }).titleChat;

/**
 * Starts the workflow that names the turn's chat, as an abandoned child: the turn ends without it. Never rejects, because
 * a chat without a title is no reason for a turn to fail.
 */
export async function startTitle(turn: { turnId: string; chatId: string }): Promise<void> {
  try {
    await startChild(TITLE_CHAT_WORKFLOW, {
      workflowId: `${turn.chatId}/title`,
      args: [{ turnId: turn.turnId }],
      staticSummary: summary('title', null),
      typedSearchAttributes: [{ key: searchKey('ChatId'), value: turn.chatId }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch {
    // Another turn's workflow names the chat.
  }
}
