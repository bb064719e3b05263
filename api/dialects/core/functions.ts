import { z } from 'zod';
import {
  type ClientFunction,
  type ClientFunctions,
  clientFunction,
  MAX_FUNCTIONS,
  MAX_FUNCTIONS_LENGTH,
  type ToolChoice,
} from '../../../domain/agents/clientFunctions.js';
import { unstorableReason } from '../../../domain/text/storable.js';
import { Problem } from '../../http/problem.js';
import { invalidRequest } from './openaiErrors.js';

export const MAX_SCHEMA_DEPTH = 100;

type Refuse = (path: string, why: string) => Error;
type Given = { name?: unknown; description?: unknown; parameters?: unknown };

/** A function as a client sent it, at `path` of the body. Throws what `refuse` makes. */
function readFunction({ name, description, parameters }: Given, path: string, refuse: Refuse): ClientFunction {
  const schema = parameters ?? { type: 'object', properties: {} };
  const tooDeep = unstorableReason(schema, MAX_SCHEMA_DEPTH);
  if (tooDeep) throw refuse(`${path}.parameters`, tooDeep);
  const parsed = clientFunction.safeParse({ name, description: description ?? '', parameters: schema });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw refuse([path, ...(issue?.path ?? [])].join('.'), issue?.message ?? 'is not valid');
  }
  const { type } = parsed.data.parameters;
  const isObject = type === undefined || type === 'object' || (Array.isArray(type) && type.includes('object'));
  if (!isObject) throw refuse(`${path}.parameters`, 'must be a JSON Schema of an object');
  return parsed.data;
}

function readAll(given: readonly (Given & { path: string })[], refuse: Refuse): ClientFunction[] {
  if (given.length > MAX_FUNCTIONS) throw refuse('tools', `may have at most ${MAX_FUNCTIONS} functions`);
  const functions = given.map(({ path, ...each }) => readFunction(each, path, refuse));
  const names = functions.map(({ name }) => name);
  const twice = names.findIndex((name, n) => names.indexOf(name) !== n);
  if (twice >= 0) throw refuse(`${given[twice]?.path}.name`, 'is the name of another function too');
  if (JSON.stringify(functions).length > MAX_FUNCTIONS_LENGTH) throw refuse('tools', 'are too long together');
  return functions;
}

const chatTool = z.looseObject({ type: z.literal('function'), function: z.looseObject({}) });
const allowedTool = z.looseObject({
  name: z.string().optional(),
  function: z.looseObject({ name: z.string() }).optional(),
});
const allowedTools = z.looseObject({ mode: z.enum(['auto', 'required']), tools: z.array(allowedTool) });
const toolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.looseObject({ type: z.literal('function'), name: z.string() }).transform(({ name }) => ({ name })),
  z
    .looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) })
    .transform((given) => ({ name: given.function.name })),
  z
    .looseObject({ type: z.literal('allowed_tools'), allowed_tools: allowedTools })
    .transform((given) => given.allowed_tools),
  allowedTools.extend({ type: z.literal('allowed_tools') }),
]);

const refuseOpenAi: Refuse = (path, why) => invalidRequest(`${path}: ${why}`, path);

type OpenAiTools = {
  tools?: readonly unknown[] | null | undefined;
  tool_choice?: unknown;
  parallel_tool_calls?: boolean | null | undefined;
};

/**
 * The functions of a request for a completion or a response. Tools that OpenAI itself would run have no effect here. Throws
 * `OpenAiRefused`.
 */
export function readOpenAiFunctions(asked: OpenAiTools, api: 'chat' | 'responses'): ClientFunctions | undefined {
  const given = (asked.tools ?? []).flatMap((each, n) => functionOf(each, `tools.${n}`, api));
  const functions = readAll(given, refuseOpenAi);
  if (functions.length === 0) return undefined;
  return {
    ...chosen(functions, asked.tool_choice),
    ...(asked.parallel_tool_calls == null ? {} : { parallel: asked.parallel_tool_calls }),
  };
}

function functionOf(tool: unknown, path: string, api: 'chat' | 'responses'): (Given & { path: string })[] {
  const { type } = Object(tool) as { type?: unknown };
  if (api === 'responses') {
    if (type === 'function') return [{ ...(tool as Given), path }];
    if (type !== 'custom' && typeof type === 'string') return [];
  } else {
    const parsed = chatTool.safeParse(tool);
    if (parsed.success) return [{ ...(parsed.data.function as Given), path: `${path}.function` }];
  }
  throw invalidRequest(`${path}.type: must be function`, `${path}.type`, 'unsupported_value');
}

/** What a choice leaves of the functions, and what is demanded of them. */
function chosen(
  functions: readonly ClientFunction[],
  given: unknown,
): { functions: readonly ClientFunction[]; choice?: ToolChoice } {
  if (given === undefined || given === null) return { functions };
  const parsed = toolChoice.safeParse(given);
  if (!parsed.success) throw invalidRequest('tool_choice: is not valid', 'tool_choice', 'invalid_value');
  const choice = parsed.data;
  if (typeof choice === 'string') return { functions, choice };
  if (!('mode' in choice)) {
    const { name } = choice;
    if (!functions.some((each) => each.name === name))
      throw invalidRequest(
        `Tool choice '${name.slice(0, 64)}' not found in 'tools' parameter.`,
        'tool_choice',
        'invalid_value',
      );
    return { functions, choice: { name } };
  }
  const names = new Set(choice.tools.map((each) => each.name ?? each.function?.name));
  return { functions: functions.filter(({ name }) => names.has(name)), choice: choice.mode };
}

type PageTool = Given & { inputSchema?: unknown };
const isPageTool = (tool: unknown): tool is PageTool => typeof tool === 'object' && tool !== null;

/**
 * Functions as AG-UI names them, and pages of the AI SDK: a list, or an object by name. What is no object is not a function:
 * a page may use the field for something of its own. Throws `invalid_body`.
 */
export function readPageFunctions(tools: unknown): ClientFunctions | undefined {
  if (typeof tools !== 'object' || tools === null) return undefined;
  const entries = Object.entries(tools).flatMap(([key, tool]: [string, unknown]) => {
    if (!isPageTool(tool)) return [];
    return [{ path: `tools.${key.slice(0, 64)}`, ...tool, ...(Array.isArray(tools) ? {} : { name: key }) }];
  });
  const given = entries.map(({ path, name, description, parameters, inputSchema }) => ({
    path,
    name,
    description,
    parameters: parameters ?? jsonSchemaOf(inputSchema),
  }));
  const functions = readAll(given, (path, why) => new Problem('invalid_body', `${path}: ${why}`));
  return functions.length > 0 ? { functions } : undefined;
}

/** The AI SDK wraps a schema as `{jsonSchema}`. */
const jsonSchemaOf = (schema: unknown): unknown => (Object(schema) as { jsonSchema?: unknown }).jsonSchema ?? schema;
