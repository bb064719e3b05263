import { Context } from '@temporalio/activity';
import { giveTitle, needsTitle } from '../../db/chats/titles.js';
import type { Pool } from '../../db/core/pool.js';
import { readTurnContext } from '../../db/narrative/turnContext.js';
import { classifiers } from '../../domain/classifiers/index.js';
import { stepName } from '../../domain/turns/stepName.js';
import { failureOfAttempt, toApplicationFailure } from '../failure.js';
import { withHeartbeats } from '../heartbeats.js';
import { askClassifier, type ClassifierAsk } from '../narrative/askClassifier.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';

export type TitleChatDeps = ClassifierAsk & { pool: Pool };

/** Names the chat of a turn after the turn's exchange. The turn may have ended; the title stays in Postgres. */
export function createTitleChat(deps: TitleChatDeps) {
  return async ({ turnId }: { turnId: string }): Promise<void> => {
    const { cancellationSignal, info } = Context.current();
    try {
      await withHeartbeats(() => title(deps, turnId, { attempt: info.attempt, signal: cancellationSignal }));
    } catch (error) {
      const failure = cancellationSignal.aborted ? null : failureOfAttempt(error);
      if (!failure) throw error;
      throw toApplicationFailure(failure, info.attempt, deps.classifierRetry);
    }
  };
}

type Attempt = { attempt: number; signal: AbortSignal };

async function title(deps: TitleChatDeps, turnId: string, { attempt, signal }: Attempt): Promise<void> {
  if (!(await needsTitle(deps.pool, turnId))) return;
  const context = await readTurnContext(deps.pool, turnId);
  if (!context) return;
  const call = { name: 'title' } as const;
  const { answer } = await askClassifier(deps, { context, call, turnId, step: stepName.title, attempt }, signal);
  const [titled] = classifiers.title.events(context, call, answer, { pinned: [], storyEvents: [], openScene: null });
  if (titled?.kind === 'chat_titled') await retryWhileDatabaseAway(() => giveTitle(deps.pool, context.chatId, titled));
}
