import { z } from 'zod';
import { type OptionName, type OptionValue, optionNames, type TurnOptions, turnOptions } from './turnOptions.js';

/** The schemas of the options of a turn, made of their table. */

type Value<Name extends OptionName> = z.ZodType<OptionValue<Name>, OptionValue<Name>>;
type Optional = { [Name in OptionName]: z.ZodOptional<Value<Name>> };
type Change = { [Name in OptionName]: z.ZodOptional<z.ZodNullable<Value<Name>>> };

function schemaOf(name: OptionName): z.ZodType {
  const row = turnOptions[name];
  switch (row.kind) {
    case 'number':
      return z.number().min(row.min).max(row.max);
    case 'integer':
      return z.int().min(row.min).max(row.max);
    case 'texts':
      return z.array(z.string().min(1).max(row.chars)).max(row.most);
  }
}

const shapeOf = (field: (name: OptionName) => z.ZodType): object =>
  Object.fromEntries(optionNames.map((name) => [name, field(name)]));

/** The options of a turn, as fields of its body. */
export const turnOptionFields = shapeOf((name) =>
  schemaOf(name).optional().meta({ description: turnOptions[name].description }),
) as Optional;

/** The settings of a chat with the same names, as fields of a new chat. */
export const chatOptionFields = shapeOf((name) => schemaOf(name).optional()) as Optional;

/** The same in a change of a chat. Null: the provider's default. */
export const chatOptionChanges = shapeOf((name) => schemaOf(name).nullable().optional()) as Change;

export const storedTurnOptions = z.object(turnOptionFields);

/** The options in what is stored of a turn. Whatever else is there, as in a chat that was imported, is left out. */
export const storedOptions = (stored: unknown): TurnOptions => storedTurnOptions.safeParse(stored).data ?? {};
