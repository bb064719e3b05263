import type { ProviderApi } from '../domain/providers/providerApi.js';
import { optionNames, type TurnOptions, turnOptions } from '../domain/turns/turnOptions.js';

/** The options of a request as fields of an API's body. One that the API has no parameter for is left out. */
export function optionFields(options: TurnOptions, api: ProviderApi): Record<string, unknown> {
  return Object.fromEntries(
    optionNames.flatMap((option) => {
      const name = turnOptions[option].names[api];
      const value = options[option];
      return name === null || value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The names of all options in an API. */
export const optionNamesOf = (api: ProviderApi): string[] =>
  optionNames.flatMap((option) => turnOptions[option].names[api] ?? []);

/**
 * The request with the beginnings of other participants' lines beside the stop sequences of its options, which come first.
 * For servers that search for them in the reply only.
 */
export function withStops<R extends { stop?: string[] | undefined; foreignLines?: string[] }>(request: R): R {
  const stop = [...new Set([...(request.stop ?? []), ...(request.foreignLines ?? [])])].slice(0, turnOptions.stop.most);
  return stop.length > 0 ? { ...request, stop } : request;
}
