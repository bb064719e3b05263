import { proxyActivities } from '@temporalio/workflow';
import type { Reply } from './reply.js';

const { streamReply } = proxyActivities<{ streamReply(reply: Reply): Promise<void> }>({
  startToCloseTimeout: '10 m',
  heartbeatTimeout: '3 s',
});

/** A turn in its shortest durable form: one activity. */
export async function turn(reply: Reply): Promise<void> {
  await streamReply(reply);
}
