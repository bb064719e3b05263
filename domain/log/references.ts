import { z } from 'zod';

/**
 * What a field of an event's data refers to. A fork gives the copies of events other seqs, and changes other ids; an import
 * gives everything other ids. Both find the fields by these schemas, so that a field which refers to something is declared
 * with one of them. Memories, scenes and story events are named by chat and id, and keep their ids.
 */
export type Reference = 'seq' | 'character' | 'turn' | 'change' | 'document' | 'provider';

const referenced = z.registry<{ of: Reference }>();
const idOf = (of: Reference) => z.string().register(referenced, { of });

/** The seq of another event of the chat. */
export const seqRef = z.number().int().register(referenced, { of: 'seq' });
/** A character, or `you`. */
export const characterRef = idOf('character');
export const turnRef = idOf('turn');
export const changeRef = idOf('change');
export const documentRef = idOf('document');
export const providerRef = idOf('provider');

/** By the name of a field at the top of the data, what it refers to: the value, or each of its items. */
export function referencesOf(data: z.ZodObject): Record<string, Reference> {
  const found = Object.entries(data.shape).flatMap(([field, schema]) => {
    const of = referenceOf(schema as z.ZodType);
    return of ? [[field, of] as const] : [];
  });
  return Object.fromEntries(found);
}

function referenceOf(schema: z.ZodType): Reference | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return referenceOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodArray) return referenceOf(schema.element as z.ZodType);
  return referenced.get(schema)?.of;
}
