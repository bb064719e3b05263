import { z } from 'zod';

/**
 * Options of one turn that its replies are requested with: fields of `ReplyRequest`, for which each API has its own name.
 * They are stored with the turn, copied by regenerations and forks, and take precedence over the settings of the chat and
 * of its provider. Classifiers and relayed replies have none.
 */
export const turnOptions = z.object({
  temperature: z.number().min(0).max(2).optional().meta({ description: 'of this turn, instead of the chat’s' }),
  maxTokens: z.int().min(1).max(1_000_000).optional().meta({ description: 'the most tokens that the reply may have' }),
});

export type TurnOptions = z.infer<typeof turnOptions>;

/** The options in what is stored of a turn. Whatever else is there, as in a chat that was imported, is left out. */
export const storedOptions = (stored: unknown): TurnOptions => turnOptions.safeParse(stored).data ?? {};
