import { z } from 'zod';

/** A typed part of the user's prose. */
export const segment = z.object({
  kind: z.enum(['dialogue', 'action', 'thought', 'narration', 'ooc']),
  text: z.string(),
});
export type Segment = z.infer<typeof segment>;
