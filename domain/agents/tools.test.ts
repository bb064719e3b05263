import { describe, expect, test } from '@jest/globals';
import { builtins, checkCall, offeredTools, type ToolDescriptor } from './tools.js';

const outside: ToolDescriptor = {
  ...builtins[0],
  name: 'mcp_files_delete',
  source: 'mcp:files',
  level: 3,
  needsApproval: true,
};
const tools = [...builtins, outside];
const names = (scope: Parameters<typeof offeredTools>[1]) => offeredTools(tools, scope).map(({ name }) => name);
const check = (name: string, argumentsText: string, scope: Partial<Parameters<typeof offeredTools>[1]> = {}) =>
  checkCall(tools, { name, argumentsText, callerLevel: 3, enabledTools: null, ...scope });

describe('the tools that a model is offered', () => {
  test('are the built-in ones, where the chat names none', () => {
    expect(names({ callerLevel: 3, enabledTools: null })).toEqual(builtins.map(({ name }) => name));
  });

  test('are those that the chat enables and the caller may use', () => {
    const enabledTools = ['calculate', 'propose_edit', 'mcp_files_delete', 'gone'];
    expect(names({ callerLevel: 3, enabledTools })).toEqual(['calculate', 'propose_edit', 'mcp_files_delete']);
    expect(names({ callerLevel: 2, enabledTools })).toEqual(['calculate', 'propose_edit']);
    expect(names({ callerLevel: 1, enabledTools })).toEqual(['calculate']);
    expect(names({ callerLevel: 3, enabledTools: [] })).toEqual([]);
  });
});

describe('the check of a call at its execution', () => {
  test("refuses a tool that does not exist, is not enabled or exceeds the caller's level", () => {
    expect(check('made_up', '{}')).toMatchObject({ ok: false, code: 'tool_not_found' });
    expect(check('mcp_files_delete', '{}')).toMatchObject({ ok: false, code: 'tool_not_enabled' });
    expect(check('calculate', '{}', { enabledTools: [] })).toMatchObject({ ok: false, code: 'tool_not_enabled' });
    expect(check('propose_edit', '{}', { callerLevel: 1 })).toMatchObject({ ok: false, code: 'tool_not_permitted' });
    expect(check('mcp_files_delete', '{}', { callerLevel: 2, enabledTools: [outside.name] })).toMatchObject({
      ok: false,
      code: 'tool_not_permitted',
    });
  });

  test.each(['{', '[]', 'null', '"x"', 'undefined'])('refuses the arguments %s, which are no JSON object', (sent) => {
    expect(check('calculate', sent)).toMatchObject({ ok: false, code: 'bad_arguments' });
  });

  test('takes empty arguments for an empty object', () => {
    expect(check('read_document', ' ')).toMatchObject({ ok: true, arguments: {} });
    expect(check('calculate', '{"expression":"1"}')).toMatchObject({ ok: true, arguments: { expression: '1' } });
  });
});
