import type { TurnOptions } from '../domain/turns/turnOptions.js';

/** What an API calls each option of a turn; null where it has no such parameter. A new option has to be named here. */
export type OptionNames = { [Option in keyof Required<TurnOptions>]: string | null };

/** The names of Chat Completions. A server that refuses one of these fields is asked without it. */
export const completionOptionNames: OptionNames = {
  temperature: 'temperature',
  topP: 'top_p',
  maxTokens: 'max_tokens',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  stop: 'stop',
};

/** The options of a request as fields of an API's body. */
export function optionFields(options: TurnOptions, names: OptionNames): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([option, name]) => {
      const value = options[option as keyof TurnOptions];
      return name === null || value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The most stop sequences that OpenAI's API takes. */
const MAX_STOPS = 4;

/**
 * The request with the beginnings of other participants' lines beside the stop sequences of its options, which come first.
 * For servers that search for them in the reply only.
 */
export function withStops<R extends { stop?: string[] | undefined; foreignLines?: string[] }>(request: R): R {
  const stop = [...new Set([...(request.stop ?? []), ...(request.foreignLines ?? [])])].slice(0, MAX_STOPS);
  return stop.length > 0 ? { ...request, stop } : request;
}
