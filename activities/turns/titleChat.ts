import { giveTitle, needsTitle } from '../../db/chats/titles.js';
import type { Pool } from '../../db/core/pool.js';
import { readTurnContext } from '../../db/narrative/turnContext.js';
import { classifiers } from '../../domain/classifiers/index.js';
import { stepName } from '../../domain/turns/stepName.js';
import { askClassifier, type ClassifierAsk } from '../narrative/askClassifier.js';
import { asOwnAttempt, type OwnAttempt } from '../ownAttempt.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';

export type TitleChatDeps = ClassifierAsk & { pool: Pool };

/** Names the chat of a turn after the turn's exchange. The turn may have ended; the title stays in Postgres. */
export function createTitleChat(deps: TitleChatDeps) {
  return ({ turnId }: { turnId: string }): Promise<void> =>
    asOwnAttempt(deps.classifierRetry, (attempt) => title(deps, turnId, attempt));
}

async function title(deps: TitleChatDeps, turnId: string, { attempt, signal }: OwnAttempt): Promise<void> {
  if (!(await needsTitle(deps.pool, turnId))) return;
  const context = await readTurnContext(deps.pool, turnId);
  if (!context) return;
  const call = { name: 'title' } as const;
  const { answer } = await askClassifier(deps, { context, call, turnId, step: stepName.title, attempt }, signal);
  const [titled] = classifiers.title.events(context, call, answer, { pinned: [], storyEvents: [], openScene: null });
  if (titled?.kind === 'chat_titled') await retryWhileDatabaseAway(() => giveTitle(deps.pool, context.chatId, titled));
}
