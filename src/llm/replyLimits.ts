/** What one reply may hold, whichever API it comes by. More is `reply_too_large`. */

/** Text, thinking and arguments together, in UTF-16 code units: beyond any model's output. */
export const MAX_REPLY_UNITS = 4 * 1024 * 1024;
/** Calls of tools. */
export const MAX_CALLS = 128;
/** The arguments of its calls together, in UTF-16 code units. */
export const MAX_ARGUMENTS = 1024 * 1024;
/** One event of a stream, in UTF-16 code units: the last one of the Responses API repeats the whole reply. */
export const MAX_FRAME = 16 * 1024 * 1024;
