import { z } from 'zod';

/** What one reply may hold, whichever API it comes by. More is `reply_too_large`. */

/** Text, thinking and arguments together, in UTF-16 code units: beyond any model's output. */
export const MAX_REPLY_UNITS = 16 * 1024 * 1024;
/** Calls of tools. */
export const MAX_CALLS = 128;
/** The arguments of its calls together, in UTF-16 code units. */
export const MAX_ARGUMENTS = 1024 * 1024;
/** One event of a stream, in UTF-16 code units: it may be the whole reply. */
export const MAX_FRAME = 16 * 1024 * 1024;
/** A whole stream, in bytes: what its events hold beside the reply is not counted by the other limits. */
export const MAX_STREAM = 512 * 1024 * 1024;

/** A list of at most `max` items: one that is longer is refused before its items are looked at, which takes long. */
export const shortList = <T extends z.ZodType>(item: T, max: number) =>
  z.array(z.unknown()).max(max).pipe(z.array(item));
