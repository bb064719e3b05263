import { Ajv, type ValidateFunction } from 'ajv';
import type { ToolDescriptor } from '../../domain/tools.js';

/** A schema longer than this, in characters, is not compiled: it comes from outside. */
const MAX_SCHEMA = 200_000;

export type ArgumentsCheck = (tool: ToolDescriptor, sent: Record<string, unknown>) => string | null;

/** Checks arguments against a tool's JSON Schema: null, or what is wrong in words that the model can read. */
export function createArgumentsCheck(): ArgumentsCheck {
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false, logger: false });
  const compiled = new WeakMap<object, ValidateFunction | 'unusable'>();

  function validatorOf({ parameters }: ToolDescriptor): ValidateFunction | 'unusable' {
    const known = compiled.get(parameters);
    if (known) return known;
    const validator = compile(ajv, parameters);
    compiled.set(parameters, validator);
    return validator;
  }

  return (tool, sent) => {
    const validate = validatorOf(tool);
    // The server that published such a schema still checks what it gets.
    if (validate === 'unusable' || validate(sent)) return null;
    const [error] = validate.errors ?? [];
    return `${error?.instancePath || 'arguments'} ${error?.message ?? 'do not fit'}`.slice(0, 300);
  };
}

function compile(ajv: Ajv, parameters: Record<string, unknown>): ValidateFunction | 'unusable' {
  try {
    // A dialect that is not known here would refuse the whole schema.
    const { $schema: _, $id: __, ...schema } = parameters;
    return JSON.stringify(schema).length > MAX_SCHEMA ? 'unusable' : ajv.compile(schema);
  } catch {
    return 'unusable';
  }
}
