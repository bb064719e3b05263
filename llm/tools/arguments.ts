import { setImmediate as nextTurn } from 'node:timers/promises';
import { Ajv, type ValidateFunction } from 'ajv';
import type { ToolDescriptor } from '../../domain/agents/tools.js';
import { unstorableReason } from '../../domain/text/storable.js';
import { linearPattern } from './linearPattern.js';
import { RunTimedOut, runWithTimeout } from './runWithTimeout.js';

/** The longest schema that is compiled, in UTF-16 code units: schemas come from outside. */
const MAX_SCHEMA = 200_000;
/** The deepest schema that is compiled, in levels: the compiler recurses. */
const MAX_SCHEMA_DEPTH = 100;
/** The time limit for compiling a schema, in milliseconds. */
const COMPILE_MS = 500;
/** The time limit for checking arguments, in milliseconds. A normal check takes less than one. */
const CHECK_MS = 100;

type Parameters = ToolDescriptor['parameters'];
type Compiled = { usable: true; validate: ValidateFunction } | { usable: false; why: string };

/** A cache by identity: a server that lists its tools again makes new schemas, and the old entries go with the old ones. */
const compiled = new WeakMap<Parameters, Compiled>();

/** The reason why a tool's JSON Schema can't be used, or null. */
export function problemOfSchema(parameters: Parameters): string | null {
  const found = compiledOf(parameters);
  return found.usable ? null : found.why;
}

/** Why a schema is too deep or too long to be read, or null. Takes linear time and does not recurse. */
export function problemOfSize(parameters: Parameters): string | null {
  const fault = unstorableReason(parameters, MAX_SCHEMA_DEPTH);
  if (fault) return fault;
  return JSON.stringify(parameters).length > MAX_SCHEMA ? 'is too long' : null;
}

/** Checks arguments against a tool's JSON Schema. Gives null, or an error message for the model. */
export async function argumentError(
  { parameters, checked }: Pick<ToolDescriptor, 'parameters' | 'checked'>,
  sent: object,
): Promise<string | null> {
  const found = compiledOf(checked ?? parameters);
  if (!found.usable) return "The tool's schema can not be used.";
  const problem = check(found.validate, sent);
  if (problem !== 'late') return problem;
  // On a busy machine the time limit may pass while other processes run: the check is repeated once.
  await nextTurn();
  const again = check(found.validate, sent);
  return again === 'late' ? `The arguments could not be checked within ${CHECK_MS} ms.` : again;
}

function check(validate: ValidateFunction, sent: object): string | null {
  try {
    if (runWithTimeout(CHECK_MS, () => validate(sent))) return null;
  } catch (error) {
    // Too slow, or a schema that refers to itself without end.
    return error instanceof RunTimedOut ? 'late' : 'The arguments could not be checked.';
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
  const fault = problemOfSize(parameters);
  if (fault) return { usable: false, why: fault };
  // The compiler refuses a schema with an unknown dialect.
  const { $schema: _, $id: __, ...schema } = parameters;
  try {
    return { usable: true, validate: runWithTimeout(COMPILE_MS, () => createCompiler().compile(schema)) };
  } catch (error) {
    if (error instanceof RunTimedOut) return { usable: false, why: 'takes too long to compile' };
    return { usable: false, why: `is no JSON Schema: ${error instanceof Error ? error.message.slice(0, 200) : ''}` };
  }
}

/** A new compiler for each schema: it keeps every compiled schema, and one that was interrupted can't be used again. */
function createCompiler(): Ajv {
  const ajv = new Ajv({
    strict: false,
    allErrors: false,
    validateFormats: false,
    logger: false,
    // `compile` refuses an invalid schema. Validation by the meta-schema would take longer.
    meta: false,
    validateSchema: false,
    code: { regExp: Object.assign(linearPattern, { code: 'linearPattern' }) },
  });
  // `ajv` compares each item with each other one, which is quadratic.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: areUnique });
  return ajv;
}

function areUnique(wanted: boolean, items: unknown[]): boolean {
  return !wanted || new Set(items.map(canonical)).size === items.length;
}

/** JSON with sorted keys: the same text for equal values. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
