import { z } from 'zod';

/** Keywords that OpenAI's strict mode refuses or ignores. `parseAnswer` still checks answers against them. */
const dropped = new Set(['$schema', 'minLength', 'maxLength', 'pattern', 'format']);

const made = new WeakMap<z.ZodType, object>();

/**
 * The JSON Schema for `response_format`, which is made once for each schema. Every property is required and no other is
 * allowed. Some servers do not enforce it: other properties of an answer are ignored.
 */
export function toJsonSchema(schema: z.ZodType): object {
  const found = made.get(schema) ?? (withoutDropped(z.toJSONSchema(schema)) as object);
  made.set(schema, found);
  return found;
}

function withoutDropped(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutDropped);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).flatMap(([key, value]) => entry(key, value)));
}

/** Keys below `properties` are names and not keywords, so they are kept even if they equal a dropped keyword. */
function entry(key: string, value: unknown): [string, unknown][] {
  if (key === 'enum' || key === 'const') return [[key, value]];
  if (key === 'properties') {
    const properties = Object.entries(value as object).map(([name, node]) => [name, withoutDropped(node)]);
    return [[key, Object.fromEntries(properties)]];
  }
  return dropped.has(key) ? [] : [[key, withoutDropped(value)]];
}

/** Text that can be stored: Postgres stores neither NUL nor lone surrogates. `maxLength` is in UTF-16 code units. */
export function text(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((value) => !value.includes('\0') && value.isWellFormed());
}

/** A short text, such as a fact or a reason. */
export const sentence = () => text(4_000);

/** Accepts only these ids. */
export function oneOf(ids: readonly string[]) {
  return z.enum(ids as [string, ...string[]]);
}
