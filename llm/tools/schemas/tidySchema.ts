import { isSchema, mapSubschemas, type Schema } from './subschemas.js';

/**
 * Corrects what servers write in a way that the compiler refuses, although it is clear what they mean: an empty list in
 * the place of an empty object, keywords of earlier drafts, a missing type at the top. Recurses: the caller limits the
 * depth.
 */
export function tidySchema(schema: Schema): Schema {
  const { type = 'object', ...rest } = schema;
  return tidy({ type: Array.isArray(type) && type.includes('object') ? 'object' : type, ...rest });
}

function tidy(schema: Schema): Schema {
  const tidied = mapSubschemas(schema, tidy);
  for (const key of ['properties', 'patternProperties', '$defs', 'definitions']) {
    if (isEmptyList(tidied[key]) || tidied[key] === null) tidied[key] = {};
  }
  // Draft 3 marks each property; draft 4 knows `id` and limits that are booleans.
  if (!Array.isArray(tidied.required)) delete tidied.required;
  if (typeof tidied.id === 'string') delete tidied.id;
  if ('nullable' in tidied && (tidied.type === undefined || typeof tidied.nullable !== 'boolean'))
    delete tidied.nullable;
  tidyLimit(tidied, 'exclusiveMinimum', 'minimum');
  tidyLimit(tidied, 'exclusiveMaximum', 'maximum');
  return tidied;
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function tidyLimit(schema: Schema, exclusive: string, inclusive: string): void {
  if (typeof schema[exclusive] !== 'boolean') return;
  const isExclusive = schema[exclusive] && typeof schema[inclusive] === 'number';
  if (isExclusive) schema[exclusive] = schema[inclusive];
  else delete schema[exclusive];
  if (isExclusive) delete schema[inclusive];
}

/** The members of an object's `properties` that are schemas. */
export const propertiesOf = ({ properties }: Schema): Record<string, Schema> =>
  Object.fromEntries(
    Object.entries(isSchema(properties) ? properties : {}).filter(([, value]) => isSchema(value)),
  ) as Record<string, Schema>;
