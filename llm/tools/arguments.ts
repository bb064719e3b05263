import { setImmediate as nextTurn } from 'node:timers/promises';
import { Ajv, type ValidateFunction } from 'ajv';
import type { ToolDescriptor } from '../../domain/agents/tools.js';
import { unkeepable } from '../../domain/text/storable.js';
import { linearPattern } from './linearPattern.js';
import { RunTimedOut, runWithTimeout } from './runWithTimeout.js';

/** A schema longer than this, in UTF-16 code units, is not compiled: it comes from outside. */
const MAX_SCHEMA = 200_000;
/** Of a schema, in levels: the compiler recurses. */
const MAX_SCHEMA_DEPTH = 100;
/** How long a schema may be compiled for, in milliseconds: once, when its server is connected. */
const COMPILE_MS = 500;
/** How long arguments may be checked for, in milliseconds; a check of any size that makes sense takes less than one. */
const CHECK_MS = 100;

type Parameters = ToolDescriptor['parameters'];
type Compiled = { usable: true; validate: ValidateFunction } | { usable: false; why: string };

/** A cache by identity: a server that lists its tools again makes new schemas, and the old entries go with the old ones. */
const compiled = new WeakMap<Parameters, Compiled>();

/** Why a tool's JSON Schema can't be used, or null. */
export function problemOfSchema(parameters: Parameters): string | null {
  const found = compiledOf(parameters);
  return found.usable ? null : found.why;
}

/** Checks arguments against a tool's JSON Schema: null, or what is wrong in words that the model can read. */
export async function complaintOf(
  { parameters }: Pick<ToolDescriptor, 'parameters'>,
  sent: object,
): Promise<string | null> {
  const found = compiledOf(parameters);
  if (!found.usable) return "The tool's schema can not be used.";
  const complaint = check(found.validate, sent);
  if (complaint !== 'late') return complaint;
  // The clock runs on while a busy machine does something else.
  await nextTurn();
  const again = check(found.validate, sent);
  return again === 'late' ? `They could not be checked within ${CHECK_MS} ms.` : again;
}

function check(validate: ValidateFunction, sent: object): string | null {
  try {
    if (runWithTimeout(CHECK_MS, () => validate(sent))) return null;
  } catch (error) {
    // not in time, or a schema that refers to itself without an end
    return error instanceof RunTimedOut ? 'late' : 'They could not be checked.';
  }
  const [error] = validate.errors ?? [];
  return `${error?.instancePath || 'arguments'} ${error?.message ?? 'do not fit'}`.slice(0, 300).toWellFormed();
}

function compiledOf(parameters: Parameters): Compiled {
  const known = compiled.get(parameters);
  if (known) return known;
  const found = compile(parameters);
  compiled.set(parameters, found);
  return found;
}

function compile(parameters: Parameters): Compiled {
  const fault = unkeepable(parameters, MAX_SCHEMA_DEPTH);
  if (fault) return { usable: false, why: fault };
  // A dialect that is not known here would refuse the whole schema.
  const { $schema: _, $id: __, ...schema } = parameters;
  if (JSON.stringify(schema).length > MAX_SCHEMA) return { usable: false, why: 'is too long' };
  try {
    return { usable: true, validate: runWithTimeout(COMPILE_MS, () => createCompiler().compile(schema)) };
  } catch (error) {
    if (error instanceof RunTimedOut) return { usable: false, why: 'takes too long to compile' };
    return { usable: false, why: `is no JSON Schema: ${error instanceof Error ? error.message.slice(0, 200) : ''}` };
  }
}

/** One for each schema: it keeps what it has compiled, and one that was ended midway is not used again. */
function createCompiler(): Ajv {
  const ajv = new Ajv({
    strict: false,
    allErrors: false,
    validateFormats: false,
    logger: false,
    // `compile` itself refuses what it can't use; the check of schemas by their own schema takes longer than that
    meta: false,
    validateSchema: false,
    code: { regExp: Object.assign(linearPattern, { code: 'linearPattern' }) },
  });
  // `ajv` compares each item with each other one
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: areUnique });
  return ajv;
}

function areUnique(wanted: boolean, items: unknown[]): boolean {
  return !wanted || new Set(items.map(canonical)).size === items.length;
}

/** The same text for values that are equal as JSON, whatever the order of their keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
