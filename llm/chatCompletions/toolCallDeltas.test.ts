import { describe, expect, test } from '@jest/globals';
import { createToolCallDeltas } from './toolCallDeltas.js';

const assemble = (...frames: unknown[][]) => {
  const deltas = createToolCallDeltas();
  for (const frame of frames) deltas.take(frame);
  return deltas.calls();
};
const call = (id: string, name: string, sent: string) => ({ id, name, arguments: sent });

/** A fragment with an index. */
const at = (index: unknown, id: unknown, name: unknown, sent: unknown) => ({
  index,
  ...(id === null ? {} : { id, type: 'function' }),
  function: { ...(name === null ? {} : { name }), ...(sent === null ? {} : { arguments: sent }) },
});
/** A fragment without one. */
const no = (id: unknown, name: unknown, sent: unknown) => {
  const { index: _, ...rest } = at(0, id, name, sent);
  return rest;
};
const sum = '{"expression":"1+1"}';

describe('the tool calls of a reply', () => {
  test('are assembled by their index', () => {
    expect(
      assemble([at(0, 'a', 'x', '')], [at(0, null, null, '{"n"')], [at(1, 'b', 'y', '{}')], [at(0, null, null, ':1}')]),
    ).toEqual([call('a', 'x', '{"n":1}'), call('b', 'y', '{}')]);
  });

  test.each<[string, unknown[], ReturnType<typeof call>[]]>([
    [
      'whole, without an index',
      [no('a', 'x', '{}'), no('b', 'x', '{"n":2}')],
      [call('a', 'x', '{}'), call('b', 'x', '{"n":2}')],
    ],
    [
      'whole, without index and id',
      [no(null, 'x', '{}'), no(null, 'y', '{}')],
      [call('', 'x', '{}'), call('', 'y', '{}')],
    ],
    [
      'whole, of one tool, without index and id',
      [no(null, 'x', '{}'), no(null, 'x', '{}')],
      [call('', 'x', '{}'), call('', 'x', '{}')],
    ],
    [
      'under one index, with ids of their own',
      [at(0, 'a', 'x', sum), at(0, 'b', 'y', '{}')],
      [call('a', 'x', sum), call('b', 'y', '{}')],
    ],
    [
      'under one index, of one tool',
      [at(0, 'a', 'x', sum), at(0, 'b', 'x', sum)],
      [call('a', 'x', sum), call('b', 'x', sum)],
    ],
    [
      'under one index, the second without an id',
      [at(0, 'a', 'x', sum), at(0, null, 'y', '{}')],
      [call('a', 'x', sum), call('', 'y', '{}')],
    ],
    [
      'under one index, of one tool, the second without an id',
      [at(0, 'a', 'x', sum), at(0, null, 'x', '{"n":1}')],
      [call('a', 'x', sum), call('', 'x', '{"n":1}')],
    ],
    [
      'under one index, in pieces',
      [at(0, 'a', 'x', ''), at(0, null, null, sum), at(0, 'b', 'x', ''), at(0, null, null, '{}')],
      [call('a', 'x', sum), call('b', 'x', '{}')],
    ],
    [
      'under one index, without arguments',
      [at(0, 'a', 'x', ''), at(0, 'b', 'y', '')],
      [call('a', 'x', ''), call('b', 'y', '')],
    ],
    [
      'under one index and id, with other names',
      [at(0, 'a', 'x', sum), at(0, 'a', 'y', '{}')],
      [call('a', 'x', sum), call('a', 'y', '{}')],
    ],
    [
      'under several indexes in pieces',
      [at(0, 'a', 'x', ''), at(1, 'b', 'x', ''), at(0, null, null, sum), at(1, null, null, '{}')],
      [call('a', 'x', sum), call('b', 'x', '{}')],
    ],
    [
      'by their ids, without an index',
      [no('a', 'x', ''), no('b', 'x', ''), no('a', null, '{"n":1}'), no('b', null, '{}')],
      [call('a', 'x', '{"n":1}'), call('b', 'x', '{}')],
    ],
  ])('may arrive %s', (_, fragments, calls) => {
    expect(assemble(fragments)).toEqual(calls);
    expect(assemble(...fragments.map((fragment) => [fragment]))).toEqual(calls);
  });

  test.each<[string, unknown[]]>([
    ['the index in each', [at(0, 'a', 'x', '{"expression"'), at(0, null, null, ':"1+1"}')]],
    ['the id in each', [at(0, 'a', 'x', '{"expression"'), at(0, 'a', null, ':"1+1"}')]],
    [
      'name and id in each',
      [at(0, 'a', 'x', ''), at(0, 'a', 'x', '{"expression"'), at(0, 'a', 'x', ':"1+1"}'), at(0, 'a', 'x', '')],
    ],
    [
      'a new id in each',
      [at(0, 'a', 'x', '{"expression"'), at(0, 'b', null, ':'), at(0, 'c', null, '"1+1"}'), at(0, 'd', null, '')],
    ],
    ['a new id and the same name in each', [at(0, 'a', 'x', '{"expression"'), at(0, 'b', 'x', ':"1+1"}')]],
    ['a new id in each, without an index', [no('a', 'x', '{"expression"'), no('b', null, ':"1+1"}')]],
    ['nothing but arguments later', [no('a', 'x', '{"expression"'), no(null, null, ':"1+1"}')]],
    ['the name in each, and nothing else', [no('a', 'x', '{"expression"'), no(null, 'x', ':"1+1"}')]],
    ['the index in later ones only', [no('a', 'x', ''), at(0, null, null, sum)]],
    ['the index as text', [at('0', 'a', 'x', ''), at('0', null, null, sum)]],
    ['an empty id and name in later ones', [at(0, 'a', 'x', '{"expression"'), at(0, '', '', ':"1+1"}')]],
    [
      'null in later ones',
      [at(0, 'a', 'x', '{"expression"'), { index: 0, id: null, function: { name: null, arguments: ':"1+1"}' } }],
    ],
    ['the name in pieces', [at(0, 'a', '', ''), at(0, 'a', 'x', ''), at(0, 'a', null, sum)]],
    [
      '{} before the arguments',
      [at(0, 'a', 'x', '{}'), at(0, null, null, '{"expression"'), at(0, null, null, ':"1+1"}')],
    ],
    ['{} before the arguments, with the name in each', [at(0, 'a', 'x', '{}'), at(0, 'a', 'x', sum)]],
    ['the whole call once more', [at(0, 'a', 'x', sum), at(0, 'a', 'x', sum)]],
    ['an object as arguments', [at(0, 'a', 'x', { expression: '1+1' })]],
    [
      'an object that grows',
      [at(0, 'a', 'x', {}), at(0, 'a', null, { expression: '1' }), at(0, null, null, { expression: '1+1' })],
    ],
    [
      'no function',
      [
        { index: 0, id: 'a', name: 'x', arguments: '{"expression"' },
        { index: 0, arguments: ':"1+1"}' },
      ],
    ],
    ['values of other types', [at(0, 'a', 'x', 5), null, 7, 'x', [], at({}, 7, [], sum)]],
  ])('may be one call in fragments with %s', (_, fragments) => {
    expect(assemble(fragments)).toEqual([call('a', 'x', sum)]);
    expect(assemble(...fragments.map((fragment) => [fragment]))).toEqual([call('a', 'x', sum)]);
  });

  test('have names that grow under one id', () => {
    expect(assemble([at(0, 'a', 'cal', '')], [at(0, 'a', 'culate', '')], [at(0, 'a', null, '{}')])).toEqual([
      call('a', 'calculate', '{}'),
    ]);
  });

  test('have an empty id where the server sent none, and are dropped without a name', () => {
    expect(assemble([at(0, '', 'x', '')])).toEqual([call('', 'x', '')]);
    expect(assemble([at(0, null, null, '{')])).toEqual([]);
  });

  test('are collected up to a bound', () => {
    expect(() => assemble([at(0, null, 'x', 'a'.repeat(2_000_000))])).toThrow('reply_too_large');
    expect(() => assemble(Array.from({ length: 200 }, (_, index) => ({ index, id: `${index}` })))).toThrow(
      'reply_too_large',
    );
  });

  test('are assembled in time linear in their length', () => {
    const before = process.cpuUsage();
    const deltas = createToolCallDeltas();
    deltas.take([at(0, 'a', 'x', '{"a":"')]);
    for (let n = 0; n < 300_000; n++) deltas.take([at(0, `${n}`, null, 'xy}')]);
    expect(deltas.calls()[0]?.arguments.length).toBe(900_006);
    // In microseconds. The time of the clock depends on what else the machine does.
    expect(process.cpuUsage(before).user).toBeLessThan(10_000_000);
  });
});

describe('the own fields of a server in a call', () => {
  const signed = { extra_content: { google: { thought_signature: 'abc' } } };

  test('are kept, from beside the function and from within it, and merged over fragments', () => {
    const calls = assemble(
      [{ ...at(0, 'a', 'x', ''), ...signed }],
      [{ ...at(0, null, null, '{}'), ...signed, other: null }],
      [{ index: 0, extra_content: { google: { more: 1 } }, function: { arguments: '', index: 0, mark: 'm' } }],
    );
    expect(calls).toEqual([
      {
        ...call('a', 'x', '{}'),
        serverFields: {
          extra_content: { google: { thought_signature: 'abc', more: 1 } },
          function: { mark: 'm' },
        },
      },
    ]);
  });

  test('that are too large are dropped, and the call is not', () => {
    const deltas = createToolCallDeltas();
    deltas.take([
      { ...at(0, 'a', 'x', '{}'), extra_content: 'x'.repeat(70_000) },
      { ...at(1, 'b', 'x', '{}'), ...signed },
    ]);
    expect(deltas.calls()).toEqual([call('a', 'x', '{}'), { ...call('b', 'x', '{}'), serverFields: signed }]);
    expect(deltas.dropped()).toBe(1);
  });

  test('may be nested too deeply to be kept', () => {
    const deep = JSON.parse(`${'[{"a":'.repeat(30_000)}1${'}]'.repeat(30_000)}`);
    expect(assemble([{ ...at(0, 'a', 'x', '{}'), deep }])).toEqual([call('a', 'x', '{}')]);
    expect(assemble([at(0, 'a', 'x', deep)])).toEqual([call('a', 'x', '')]);
  });
});
