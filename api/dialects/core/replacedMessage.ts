import type { UserText } from '../../../db/dialects/userTexts.js';
import type { HistoryPlan } from '../../../domain/dialects/history.js';

/**
 * The message that is taken back, so that another turn takes its place: outputs that were sent before, and an edit of a
 * message with files. A version of a reply has the files of the first one.
 */
export function replacedMessage(
  plan: HistoryPlan,
  known: readonly UserText[],
  files: readonly string[],
): UserText | null {
  if (plan.plan === 'outputs') return (plan.before !== null && known[plan.before]) || null;
  const message = plan.plan === 'again' ? known[plan.index] : undefined;
  if (plan.plan !== 'again' || !message) return null;
  const [had, has] = [message.attached > 0, files.length > 0];
  // A client that leaves the files out of the same text asks for the reply again.
  const changes = plan.text === null ? has && files.length !== message.attached : had || has;
  return changes ? message : null;
}
