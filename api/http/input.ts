import { z } from 'zod';
import { unstorableReason } from '../../domain/text/storable.js';
import { Problem } from './problem.js';

/** The largest body that is read, in bytes. */
export const maxBodyBytes = 1024 * 1024;
/**
 * The most JSON tokens (values, names and brackets) in a body. 1 MiB of them would hold the event loop for 0.25 s; JSON of
 * ordinary names and values has fewer.
 */
export const maxBodyTokens = 100_000;
/** The levels of objects and lists in a body. What goes through a value level by level has no stack for thousands. */
export const maxBodyDepth = 500;
/** The `type` of the error for a body with more tokens, and with more levels. */
export const tooManyTokens = 'body.too.many.tokens';
export const tooDeep = 'body.too.deep';

/**
 * Text from a client. Postgres keeps no NUL, so it is refused; a lone surrogate becomes U+FFFD. `max` counts
 * UTF-16 code units.
 */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !value.includes('\0'), { error: 'must not hold U+0000' })
    .overwrite((value) => value.toWellFormed());

/** Whether the text has no visible character: white space and invisible characters only. */
export const isBlank = (value: string) => !/[^\s\p{Cf}\p{Cc}]/u.test(value);

export const name = (max: number) => text(max).refine((value) => !isBlank(value), { error: 'must not be blank' });

export const prose = () => text(maxBodyBytes);
export const title = () => text(200).nullable();
export const persona = () => text(200_000);

export const emptyBody = z.strictObject({});

const maxLimit = 1_000;
const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, { error: 'must be a whole number' })
    .transform(Number)
    .refine((value) => value <= max, { error: `must be at most ${max}` })
    .meta({ type: 'integer', minimum: 0, maximum: max });

export const limit = (otherwise: number) =>
  wholeNumber(maxLimit)
    .refine((value) => value >= 1, { error: 'must be at least 1' })
    .optional()
    .transform((value) => value ?? otherwise)
    .meta({ type: 'integer', minimum: 1, maximum: maxLimit, default: otherwise });

/** A seq as a cursor. */
export const afterSeq = () =>
  wholeNumber(2 ** 31 - 1)
    .optional()
    .meta({ type: 'integer', minimum: 0 });

export const cursorOf = (prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9A-Za-z-]{1,64}$`), { error: 'must be a cursor that a list answered with' })
    .optional();

/** A required seq in a query. */
export const querySeq = () =>
  wholeNumber(2 ** 31 - 1)
    .refine((value) => value >= 1, { error: 'must be at least 1' })
    .meta({ type: 'integer', minimum: 1 });

export const order = () => z.enum(['asc', 'desc']).default('asc');

type Cursor<T> = z.ZodType<T | undefined, string | undefined>;

/** The query fields of every list. `toPage` makes a page of them. */
export const pageFields = <T>(cursor: Cursor<T>, limitOtherwise = 100) => ({
  limit: limit(limitOtherwise),
  cursor,
  order: order(),
});

export const toPage = <T, Rest>({ cursor, ...page }: { cursor?: T | undefined } & Rest) => ({
  ...page,
  after: cursor ?? null,
});

/** The query of a list in the order of the log. */
export const seqPage = () => cursorPage(wholeNumber(2 ** 31 - 1).optional());

/** The query of a list whose cursors are ids. */
export const idPage = (prefix: string, limitOtherwise = 100) => cursorPage(cursorOf(prefix), limitOtherwise);

/** The query of a list whose cursors have another form. */
export const cursorPage = <T>(cursor: Cursor<T>, limitOtherwise = 100) =>
  z.object(pageFields(cursor, limitOtherwise)).transform((query) => toPage<T, typeof query>(query));

/** Parses input by its schema. Throws a problem with this code that names the first five issues. */
export function parseInput<T extends z.ZodType>(
  schema: T,
  value: unknown,
  code: 'invalid_body' | 'invalid_query',
): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    requireStorable(parsed.data, code);
    return parsed.data;
  }
  throw new Problem(code, parsed.error.issues.slice(0, 5).flatMap(issueLines).join('; '));
}

/** Texts of all depths, whatever their schemas check. */
function requireStorable(input: unknown, code: 'invalid_body' | 'invalid_query'): void {
  const fields = typeof input === 'object' && input !== null ? Object.entries(input) : [['body', input] as const];
  for (const [field, value] of fields) {
    const reason = unstorableReason(value);
    if (reason) throw new Problem(code, `${field}: ${reason}`);
  }
}

/** The path and the reason of an issue, without the value. */
function issueLines(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, 5).map((key) => `${[...path, key.slice(0, 100)].join('.')}: unknown field`);
  }
  return [`${path.join('.') || 'body'}: ${issue.message}`];
}
