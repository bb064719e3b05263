import type { ProviderApi } from '../../../domain/providers/providerApi.js';
import { type OptionName, optionNames, type TurnOptions, turnOptions } from '../../../domain/turns/turnOptions.js';

function valueFor(name: OptionName): number | string[] {
  const row = turnOptions[name];
  switch (row.kind) {
    case 'number':
      return row.max / 2;
    case 'integer':
      return Math.min(row.max, row.min + 300);
    case 'texts':
      return ['\nYou:'];
  }
}

/** A value within the bounds of each option of a turn. */
export const everyOption = Object.fromEntries(optionNames.map((name) => [name, valueFor(name)])) as TurnOptions;

/** The fields as which an API gets them. */
export const everyFieldOf = (api: ProviderApi): Record<string, unknown> =>
  Object.fromEntries(
    optionNames.flatMap((name) => {
      const field = turnOptions[name].names[api];
      return field === null ? [] : [[field, everyOption[name]]];
    }),
  );
