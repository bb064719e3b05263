import { describe, expect, test } from '@jest/globals';
import { readOpenAiFunctions, readPageFunctions } from './functions.js';

const parameters = { type: 'object', properties: {} };
const look = { name: 'look', description: '', parameters };
const chatTool = (name: string) => ({ type: 'function', function: { name, parameters } });
const responseTool = (name: string) => ({ type: 'function', name, parameters });

describe('the functions of a request', () => {
  test('are read in the form of each API', () => {
    expect(readOpenAiFunctions({ tools: [chatTool('look')] }, 'chat')).toEqual({ functions: [look] });
    expect(readOpenAiFunctions({ tools: [{ type: 'web_search' }, responseTool('look')] }, 'responses')).toEqual({
      functions: [look],
    });
    expect(readPageFunctions([{ name: 'look' }])).toEqual({ functions: [look] });
    expect(readPageFunctions({ look: { inputSchema: { jsonSchema: parameters } } })).toEqual({ functions: [look] });
  });

  test('are none where a field of their name holds something else', () => {
    for (const tools of [undefined, null, [], {}, ['look'], { look: true }, 'look'])
      expect(readPageFunctions(tools)).toBeUndefined();
    expect(readOpenAiFunctions({ tools: null, tool_choice: 'none' }, 'chat')).toBeUndefined();
  });

  test('are those that a choice allows', () => {
    const choose = (tool_choice: unknown, api: 'chat' | 'responses') => {
      const tool = api === 'chat' ? chatTool : responseTool;
      const found = readOpenAiFunctions({ tools: [tool('look'), tool('listen')], tool_choice }, api);
      return [found?.functions.map(({ name }) => name), found?.choice];
    };
    const both = ['look', 'listen'];
    expect(choose('required', 'chat')).toEqual([both, 'required']);
    expect(choose({ type: 'function', function: { name: 'look' } }, 'chat')).toEqual([both, { name: 'look' }]);
    expect(choose({ type: 'function', name: 'look' }, 'responses')).toEqual([both, { name: 'look' }]);
    const allowed = { mode: 'required', tools: [{ type: 'function', name: 'look' }] };
    expect(choose({ type: 'allowed_tools', ...allowed }, 'responses')).toEqual([['look'], 'required']);
    const named = { mode: 'auto', tools: [{ type: 'function', function: { name: 'listen' } }] };
    expect(choose({ type: 'allowed_tools', allowed_tools: named }, 'chat')).toEqual([['listen'], 'auto']);
  });

  test('are refused where a schema is deeper than it may be', () => {
    let deep: object = {};
    for (let n = 0; n < 200; n++) deep = { properties: { a: deep } };
    const tools = [{ type: 'function', function: { name: 'look', parameters: deep } }];
    expect(() => readOpenAiFunctions({ tools }, 'chat')).toThrow(/tools.0.function.parameters/);
  });
});
