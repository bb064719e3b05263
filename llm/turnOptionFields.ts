import type { TurnOptions } from '../domain/turns/turnOptions.js';

/** What an API calls each option of a turn; null where it has no such parameter. A new option has to be named here. */
export type OptionNames = { [Option in keyof Required<TurnOptions>]: string | null };

/** The options of a request as fields of an API's body. */
export function optionFields(options: TurnOptions, names: OptionNames): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([option, name]) => {
      const value = options[option as keyof TurnOptions];
      return name === null || value === undefined ? [] : [[name, value]];
    }),
  );
}
