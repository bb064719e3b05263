import { z } from 'zod';

/** What OpenAI's strict mode does not take, or takes no notice of. The answer is held to it all the same, here. */
const dropped = new Set(['$schema', 'minLength', 'maxLength', 'pattern', 'format']);

/**
 * A schema as `response_format` takes it: no property optional, no other property allowed. An answer may hold others
 * all the same, since not every server keeps to it; they are ignored.
 */
export function toJsonSchema(schema: z.ZodType): object {
  return withoutDropped(z.toJSONSchema(schema)) as object;
}

function withoutDropped(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutDropped);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).flatMap(([key, value]) => entry(key, value)));
}

/** Properties may be named as keywords are: theirs are names, not to be dropped. */
function entry(key: string, value: unknown): [string, unknown][] {
  if (key === 'enum' || key === 'const') return [[key, value]];
  if (key === 'properties') {
    const properties = Object.entries(value as object).map(([name, node]) => [name, withoutDropped(node)]);
    return [[key, Object.fromEntries(properties)]];
  }
  return dropped.has(key) ? [] : [[key, withoutDropped(value)]];
}

/** Text of a model that can be stored: Postgres keeps neither NUL nor half a surrogate pair. */
export function text(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((value) => !value.includes('\0') && value.isWellFormed());
}

/** A sentence or two, such as a fact or a reason. */
export const sentence = () => text(4_000);

/** One of these ids and no other. */
export function oneOf(ids: readonly string[]) {
  return z.enum(ids as [string, ...string[]]);
}
