import { z } from 'zod';

/** The limits of one reply, for every API. Beyond them it fails with `reply_too_large`. */

/** Text, thinking and arguments together, in UTF-16 code units: more than any model's output. */
export const MAX_REPLY_UNITS = 16 * 1024 * 1024;
/** Tool calls. */
export const MAX_CALLS = 128;
/** The arguments of its calls together, in UTF-16 code units. */
export const MAX_ARGUMENTS = 1024 * 1024;
/** What a server attaches to one call, or one block of reasoning, as JSON in UTF-16 code units. */
export const MAX_SERVER_JSON = 1024 * 1024;
/** The same of a whole reply. Beyond these two it is left out, and the reply goes on without it. */
export const MAX_SERVER_JSONS = 4 * 1024 * 1024;
/** One event of a stream, in UTF-16 code units. It may hold the whole reply. */
export const MAX_FRAME = 16 * 1024 * 1024;
/** A whole stream, in bytes. The other limits do not count the fields beside the reply. */
export const MAX_STREAM = 512 * 1024 * 1024;

/** A list of at most `max` items. A longer one is refused before its items are parsed, which would take long. */
export const shortList = <T extends z.ZodType>(item: T, max: number) =>
  z.array(z.unknown()).max(max).pipe(z.array(item));
