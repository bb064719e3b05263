import { z } from 'zod';

const penalty = () => z.number().min(-2).max(2);

/** How the tokens of a reply are chosen, and where it ends: bounds that hold for a turn and for a chat. */
export const samplers = {
  temperature: z.number().min(0).max(2),
  topP: z.number().min(0).max(1),
  maxTokens: z.int().min(1).max(1_000_000),
  presencePenalty: penalty(),
  frequencyPenalty: penalty(),
  stop: z.array(z.string().min(1).max(64)).max(4),
};

const { temperature, topP, maxTokens, presencePenalty, frequencyPenalty, stop } = samplers;

/**
 * Options of one turn that its replies are requested with: fields of `ReplyRequest`, for which each API has its own name.
 * They are stored with the turn, copied by regenerations and forks, and take precedence over the settings of the chat and
 * of its provider. Classifiers and relayed replies have none.
 */
export const turnOptions = z.object({
  temperature: temperature.optional().meta({ description: 'of this turn, instead of the chat’s' }),
  topP: topP
    .optional()
    .meta({ description: 'only the likeliest tokens with this share of probability are chosen from' }),
  maxTokens: maxTokens.optional().meta({ description: 'the most tokens that the reply may have' }),
  presencePenalty: presencePenalty.optional().meta({ description: 'makes tokens that the text has less likely' }),
  frequencyPenalty: frequencyPenalty
    .optional()
    .meta({ description: 'makes tokens less likely by how often the text has them' }),
  stop: stop.optional().meta({ description: 'texts that end the reply; they are not part of it' }),
});

export type TurnOptions = z.infer<typeof turnOptions>;

/** The options in what is stored of a turn. Whatever else is there, as in a chat that was imported, is left out. */
export const storedOptions = (stored: unknown): TurnOptions => turnOptions.safeParse(stored).data ?? {};

/** The settings of a chat that its replies are requested with. Null: the provider's default. */
export const chatSamplers = {
  temperature: temperature.nullable().optional(),
  topP: topP.nullable().optional(),
  maxTokens: maxTokens.nullable().optional(),
  presencePenalty: presencePenalty.nullable().optional(),
  frequencyPenalty: frequencyPenalty.nullable().optional(),
  stop: stop.nullable().optional(),
};

export const samplerNames = Object.keys(samplers) as (keyof TurnOptions)[];

/** What a reply is requested with: the options of its turn, else the settings of its chat. */
export function optionsOfReply(options: TurnOptions, settings: object): TurnOptions {
  const known = settings as Record<string, unknown>;
  const given = samplerNames.filter((name) => known[name] !== undefined && known[name] !== null);
  return { ...Object.fromEntries(given.map((name) => [name, known[name]])), ...options };
}
