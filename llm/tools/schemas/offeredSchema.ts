import { flattenTop } from './flattenTop.js';
import { inlineRefs } from './inlineRefs.js';
import { anyOfThese, hasType, isSchema, mapSubschemas, type Schema } from './subschemas.js';

/** Annotations without a meaning for models, which some providers refuse. */
const dropped = ['$schema', '$id', '$comment', '$anchor', '$dynamicAnchor', '$dynamicRef', '$vocabulary'];

/**
 * The form of a tool's schema that providers accept: an object with `properties`, arrays with `items`, no references, and
 * no choice at the top. It allows at least what the schema allows, and arguments are checked by the schema itself.
 */
export const offeredSchema = (schema: Schema): Schema => complete(flattenTop(inlineRefs(schema)));

function complete(schema: Schema): Schema {
  const known = Object.fromEntries(Object.entries(schema).filter(([key]) => !dropped.includes(key)));
  return mapSubschemas(withItems(withProperties(withType(known))), complete);
}

function withType(schema: Schema): Schema {
  if (schema.type !== undefined) return schema;
  if (isSchema(schema.properties)) return { type: 'object', ...schema };
  if (schema.items !== undefined || schema.prefixItems !== undefined) return { type: 'array', ...schema };
  const types = new Set(Array.isArray(schema.enum) ? schema.enum.map((value) => typeof value) : []);
  const [type] = types;
  return types.size === 1 && (type === 'string' || type === 'number' || type === 'boolean')
    ? { type, ...schema }
    : schema;
}

/** Each required property is one of `properties`. A property that allows no value is left out. */
function withProperties(schema: Schema): Schema {
  if (!hasType(schema, 'object')) return schema;
  const given = Object.entries(isSchema(schema.properties) ? schema.properties : {});
  const properties = new Map(given.filter(([, value]) => value !== false));
  for (const [name, value] of properties) if (!isSchema(value)) properties.set(name, {});
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : null;
  for (const name of required ?? []) if (!properties.has(name)) properties.set(name, {});
  return { ...schema, properties: Object.fromEntries(properties), ...(required ? { required } : {}) };
}

/** A list of schemas for items by their place becomes one schema for all. */
function withItems({ prefixItems, additionalItems, ...schema }: Schema): Schema {
  if (!hasType(schema, 'array')) return schema;
  if (isSchema(schema.items) && !prefixItems) return schema;
  const places = [prefixItems, schema.items, additionalItems].flat().filter(isSchema);
  return { ...schema, items: anyOfThese(places) };
}
