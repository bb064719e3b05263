import { parseArguments } from './toolArguments.js';

/** What a tool does, and what a caller may have done: 1 read, 2 write, 3 dangerous. */
export type Level = 1 | 2 | 3;

/** A tool as the api lists it and models see it. */
export type ToolDescriptor = {
  name: string;
  description: string;
  /** A JSON Schema of an object, in a form that providers accept. */
  parameters: Record<string, unknown>;
  /** The schema that arguments are checked against, where it is another one. */
  checked?: Record<string, unknown>;
  level: Level;
  /** `builtin`, or `mcp:` and the server's name. */
  source: string;
  /** Whether a person must allow each call. */
  needsApproval: boolean;
  /** Whether a call may run again after an attempt with an unknown outcome. */
  idempotent: boolean;
  timeoutMs: number;
};

export const BUILTIN = 'builtin';

const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const string = (description: string, maxLength = 4_000) => ({ type: 'string', description, minLength: 1, maxLength });

const reading = { level: 1, source: BUILTIN, needsApproval: false, idempotent: true, timeoutMs: 10_000 } as const;

/** The tools that need no configuration. None of them accesses anything but the chat and its document. */
export const builtins = [
  {
    ...reading,
    name: 'calculate',
    description: 'Works out an arithmetic expression, such as (2 + 3) * sqrt(16) / 4.',
    parameters: object({
      expression: string('numbers, + - * / % ^, parentheses, functions such as sqrt and round', 1_000),
    }),
  },
  {
    ...reading,
    name: 'current_time',
    description: 'Tells the date and the time.',
    parameters: object({ timeZone: string('an IANA time zone such as Europe/Berlin; UTC if left out', 100) }, []),
  },
  {
    ...reading,
    name: 'search_memories',
    description: "Searches this chat's memories for words.",
    parameters: object({ query: string('words to look for') }),
  },
  {
    ...reading,
    name: 'search_messages',
    description: 'Searches what was said in this chat for words.',
    parameters: object({ query: string('words to look for') }),
  },
  {
    ...reading,
    name: 'read_document',
    description: "Reads this chat's document: its title, version and body.",
    parameters: object({}),
  },
  {
    ...reading,
    name: 'propose_edit',
    description: "Proposes an edit of this chat's document, which people accept or decline.",
    parameters: object({
      original: {
        type: 'string',
        description: 'the text to replace, verbatim from the body; empty to begin a document without text',
        maxLength: 100_000,
      },
      proposed: { type: 'string', description: 'what is to stand there instead', maxLength: 100_000 },
      reason: string('why'),
    }),
    level: 2,
  },
  {
    ...reading,
    name: 'delegate',
    description: 'Has a task done by another agent, which has the same tools and answers with what it found.',
    parameters: object(
      {
        task: string('what is to be done, with all that is needed to know', 20_000),
        instructions: { type: 'string', description: 'how it is to be done', maxLength: 20_000 },
      },
      ['task'],
    ),
    timeoutMs: 30 * 60_000,
  },
] as const satisfies ToolDescriptor[];

export type BuiltinName = (typeof builtins)[number]['name'];

/**
 * Limits the tools of a turn. `enabledTools` is null if the chat has no such setting: the built-in tools are enabled
 * then.
 */
export type ToolScope = { callerLevel: number; enabledTools: string[] | null };

/** The tools that are enabled in the chat and permitted to the caller. */
export function offeredTools(tools: readonly ToolDescriptor[], scope: ToolScope): ToolDescriptor[] {
  return tools.filter((tool) => refusalOf(tool, scope) === null);
}

function refusalOf(tool: ToolDescriptor, { callerLevel, enabledTools }: ToolScope): RefusedCall | null {
  const enabled = enabledTools ? enabledTools.includes(tool.name) : tool.source === BUILTIN;
  if (!enabled) return refused('tool_not_enabled', 'This tool is not enabled in this chat.');
  if (tool.level > callerLevel) return refused('tool_not_permitted', 'Who asked may not use this tool.');
  return null;
}

type RefusalCode = 'tool_not_found' | 'tool_not_enabled' | 'tool_not_permitted' | 'bad_arguments';
export type RefusedCall = { ok: false; code: RefusalCode; message: string };
export type CheckedCall = { ok: true; tool: ToolDescriptor; arguments: Record<string, unknown> } | RefusedCall;

const refused = (code: RefusalCode, message: string): RefusedCall => ({ ok: false, code, message });

/**
 * Checks a call immediately before it runs. The code that runs it validates the arguments against the tool's schema.
 */
export function checkCall(
  tools: readonly ToolDescriptor[],
  call: ToolScope & { name: string; argumentsText: string },
): CheckedCall {
  const tool = tools.find(({ name }) => name === call.name);
  if (!tool) return refused('tool_not_found', 'There is no such tool.');
  const refusal = refusalOf(tool, call);
  if (refusal) return refusal;
  const parsed = parseArguments(call.argumentsText);
  if (!parsed.ok) return refused('bad_arguments', parsed.message);
  return { ok: true, tool, arguments: parsed.value };
}
