import { z } from 'zod';

/** The longest text of a card, in UTF-16 code units. */
const MAX_TEXT = 200_000;
const MAX_NAME = 200;
/** Most entries of a lorebook. */
const MAX_ENTRIES = 10_000;

type Given = unknown;
const isMissing = (value: Given) => value === null || value === undefined;

/** Many programs write cards: a number may stand for a text, a text for a number, and null for what is empty. */
const toText = (value: Given) => {
  if (isMissing(value)) return '';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
};
const toNumber = (value: Given) => {
  if (typeof value !== 'string') return value;
  if (value.trim() === '') return null;
  return Number.isFinite(Number(value)) ? Number(value) : value;
};
const toFlag = (value: Given) => {
  if (value === 'true' || value === 1 || value === '1') return true;
  return value === 'false' || value === 0 || value === '0' ? false : value;
};
const toTexts = (value: Given) => (typeof value === 'string' ? [value].filter(Boolean) : isMissing(value) ? [] : value);
/** A list of words may be one text with commas. */
const toWords = (value: Given) =>
  typeof value === 'string' ? value.split(',').flatMap((word) => word.trim() || []) : toTexts(value);
const toObject = (value: Given) => (Array.isArray(value) && value.length === 0 ? {} : (value ?? {}));
/** World info has its entries by their number. */
const toEntries = (value: Given) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : (value ?? []);

const string = z.string({ error: 'must be text' }).max(MAX_TEXT, { error: `must have at most ${MAX_TEXT} characters` });
const text = () => z.preprocess(toText, string);
const texts = () => z.preprocess(toTexts, z.array(text(), { error: 'must be a list of texts' }));
const words = () => z.preprocess(toWords, z.array(text(), { error: 'must be a list of texts' }));
const aNumber = z.number({ error: 'must be a number' });
const optionalNumber = () => z.preprocess(toNumber, aNumber.nullish());
const flag = () => z.preprocess(toFlag, z.boolean({ error: 'must be true or false' }));
const object = () => z.preprocess(toObject, z.record(z.string(), z.unknown(), { error: 'must be an object' }));
const flagOr = (otherwise: boolean) => z.preprocess((value) => value ?? otherwise, flag());
const numberOr = (otherwise: number) => z.preprocess((value) => toNumber(value) ?? otherwise, aNumber);

/** The names that world info has for fields of an entry. */
const entryAliases = { key: 'keys', keysecondary: 'secondary_keys', order: 'insertion_order' } as const;

function withoutAliases(value: Given): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { disable, ...entry } = value as Record<string, unknown>;
  for (const [alias, name] of Object.entries(entryAliases)) {
    if (!(alias in entry)) continue;
    entry[name] ??= entry[alias];
    delete entry[alias];
  }
  if (disable !== undefined) entry.enabled ??= toFlag(disable) !== true;
  return entry;
}

/** A position is a word in cards, and a number in world info. */
const position = z.union([z.string(), z.number()], { error: 'must be before_char or after_char' });

const bookEntry = z.preprocess(
  withoutAliases,
  z.looseObject(
    {
      keys: words(),
      content: text(),
      extensions: object(),
      enabled: flagOr(true),
      insertion_order: numberOr(0),
      use_regex: flagOr(false),
      case_sensitive: flag().nullish(),
      constant: flag().nullish(),
      selective: flag().nullish(),
      secondary_keys: words().nullish(),
      priority: optionalNumber(),
      position: position.nullish(),
      name: text().nullish(),
      comment: text().nullish(),
    },
    { error: 'must be an object' },
  ),
);
export type BookEntry = z.infer<typeof bookEntry>;

const characterBook = z.looseObject(
  {
    entries: z.preprocess(
      toEntries,
      z
        .array(bookEntry, { error: 'must be a list of entries' })
        .max(MAX_ENTRIES, { error: `must have at most ${MAX_ENTRIES} entries` }),
    ),
    extensions: object(),
    scan_depth: optionalNumber(),
    token_budget: optionalNumber(),
    recursive_scanning: flag().nullish(),
    name: text().nullish(),
    description: text().nullish(),
  },
  { error: 'must be an object' },
);
export type CharacterBook = z.infer<typeof characterBook>;

const name = text()
  .refine((value) => /[^\s\p{Cf}\p{Cc}]/u.test(value), { error: 'must not be blank' })
  .refine((value) => value.length <= MAX_NAME, { error: `must have at most ${MAX_NAME} characters` });

/** The `data` of a card of version 3. Fields beyond these are kept as they are. */
export const cardData = z.looseObject(
  {
    name,
    description: text(),
    personality: text(),
    scenario: text(),
    first_mes: text(),
    mes_example: text(),
    system_prompt: text(),
    post_history_instructions: text(),
    creator_notes: text(),
    creator: text(),
    character_version: text(),
    tags: words(),
    alternate_greetings: texts(),
    group_only_greetings: texts(),
    extensions: object(),
    character_book: characterBook.nullish(),
    nickname: text().nullish(),
  },
  { error: 'must be an object' },
);
export type CardData = z.infer<typeof cardData>;

/** The fields that a card of version 1 has, beside which a card of version 2 may repeat them. */
export const oldestFields = ['name', 'description', 'personality', 'scenario', 'first_mes', 'mes_example'] as const;
export const knownFields: readonly string[] = Object.keys(cardData.shape);
