import type { ProviderApi } from '../providers/providerApi.js';

/** The values that an option takes. `step`: of the page's field. `texts`: up to `most` texts of 1 to `chars` characters. */
type Values =
  | { kind: 'number' | 'integer'; min: number; max: number; step: number }
  | { kind: 'texts'; most: number; chars: number };

type Row = Values & {
  /** What the OpenAPI document says of it. */
  description: string;
  /** What each API calls it; null where it has no such parameter. */
  names: Record<ProviderApi, string | null>;
};

/**
 * The options of one turn that its replies are requested with: how their tokens are chosen, and where they end. They are
 * stored with the turn, copied by regenerations and forks, and take precedence over the settings of the chat, which have
 * the same names, and over those of its provider. A server that refuses one is asked without it. Classifiers and relayed
 * replies have none.
 *
 * A row is all that the code needs: the schemas of the api (`turnOptionSchemas.ts`), the requests to providers
 * (`llm/turnOptionFields.ts`) and the page's fields follow from it.
 */
export const turnOptions = {
  temperature: {
    kind: 'number',
    min: 0,
    max: 2,
    step: 0.05,
    description: 'of this turn, instead of the chat’s',
    names: { chat: 'temperature', responses: 'temperature', anthropic: 'temperature' },
  },
  topP: {
    kind: 'number',
    min: 0,
    max: 1,
    step: 0.01,
    description: 'only the likeliest tokens with this share of probability are chosen from',
    names: { chat: 'top_p', responses: 'top_p', anthropic: 'top_p' },
  },
  maxTokens: {
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    step: 1,
    description: 'the most tokens that the reply may have',
    names: { chat: 'max_tokens', responses: 'max_output_tokens', anthropic: 'max_tokens' },
  },
  presencePenalty: {
    kind: 'number',
    min: -2,
    max: 2,
    step: 0.1,
    description: 'makes tokens that the text has less likely',
    names: { chat: 'presence_penalty', responses: null, anthropic: null },
  },
  frequencyPenalty: {
    kind: 'number',
    min: -2,
    max: 2,
    step: 0.1,
    description: 'makes tokens less likely by how often the text has them',
    names: { chat: 'frequency_penalty', responses: null, anthropic: null },
  },
  stop: {
    kind: 'texts',
    most: 4,
    chars: 64,
    description: 'texts that end the reply; they are not part of it',
    names: { chat: 'stop', responses: null, anthropic: 'stop_sequences' },
  },
} as const satisfies Record<string, Row>;

type Table = typeof turnOptions;
export type OptionName = keyof Table;
export type OptionValue<Name extends OptionName> = Table[Name]['kind'] extends 'texts' ? string[] : number;
export type TurnOptions = { [Name in OptionName]?: OptionValue<Name> | undefined };

export const optionNames = Object.keys(turnOptions) as OptionName[];

/** What a reply is requested with: the options of its turn, else the settings of its chat. */
export function optionsOfReply(options: TurnOptions, settings: object): TurnOptions {
  const known = settings as Record<string, unknown>;
  const given = optionNames.filter((name) => known[name] !== undefined && known[name] !== null);
  return { ...Object.fromEntries(given.map((name) => [name, known[name]])), ...options };
}
