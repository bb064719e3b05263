import { describe, expect, test } from '@jest/globals';
import { noMeta, relayInfo, toEnd, toMeta, upcastRelay } from './relay.js';

describe('the metadata of a relayed reply', () => {
  test.each<[string, unknown, string[]]>([
    ['a list of texts', ['users', 'orders'], ['users', 'orders']],
    ['a list of numbers and texts', [7, 'orders'], ['7', 'orders']],
    ['a number', 3, ['3']],
    ['a text', 'orders', ['orders']],
    ['null', null, []],
    ['nothing', undefined, []],
    ['objects', [{ id: 4 }, { name: 'orders', rows: 2 }, { other: 1 }], ['4', 'orders']],
    ['lists in a list', [['a'], [], null], []],
    ['an object', { a: 1 }, []],
    ['a boolean', true, ['true']],
  ])('has its rows as a list of texts when the upstream sends %s', (_, sent, kept) => {
    expect(toMeta({ rows_seen: sent }).rowsSeen).toEqual(kept);
  });

  test.each<[unknown, string[]]>([
    [['sql'], ['sql']],
    ['sql', ['sql']],
    [[{ name: 'sql', args: {} }], ['sql']],
    [null, []],
    [{ sql: true }, []],
  ])('has its tools when the upstream sends %j', (sent, kept) => {
    expect(toMeta({ used_tools: sent }).usedTools).toEqual(kept);
  });

  test.each<[unknown, string | null]>([
    ['data', 'data'],
    [3, '3'],
    [['data', 'other'], 'data'],
    [{ name: 'data' }, 'data'],
    [{ label: 'data' }, null],
    [null, null],
    ['', null],
  ])('has its tag when the upstream sends %j', (sent, kept) => {
    expect(toMeta({ classifier_tag: sent }).classifierTag).toBe(kept);
  });

  test('keeps a field that a later event leaves out', () => {
    const first = toMeta({ used_tools: ['sql'], rows_seen: [1], unknown: {} });
    const second = toMeta({ rows_seen: ['2'], classifier_tag: 'data', used_tools: null }, first);
    expect(second).toEqual({ usedTools: ['sql'], rowsSeen: ['2'], classifierTag: 'data' });
  });

  test('is cut to its bounds and never refused', () => {
    const vast = toMeta({ used_tools: Array(5_000).fill('x'), classifier_tag: 'y'.repeat(10_000) });
    expect([vast.usedTools.length, vast.classifierTag?.length]).toEqual([1_000, 2_000]);
    for (const fields of [null, undefined, 'meta', 5, [], [1]]) expect(toMeta(fields)).toEqual(noMeta);
  });

  test.each<[object, object]>([
    [
      { conversation_id: 5, duration_ms: '12.4', pane_spawned: 'true' },
      { conversationId: '5', durationMs: 12, paneSpawned: true },
    ],
    [
      { conversation_id: {}, duration_ms: -1, pane_spawned: 1 },
      { conversationId: null, durationMs: null, paneSpawned: false },
    ],
    [{ duration_ms: 1e300 }, { conversationId: null, durationMs: null, paneSpawned: false }],
    [{ duration_ms: 'soon' }, { conversationId: null, durationMs: null, paneSpawned: false }],
  ])('has the end of the done event %j', (fields, end) => {
    expect(toEnd(fields)).toEqual(end);
  });

  test('can be read from an older log in which the rows were a number', () => {
    const info = { ...noMeta, conversationId: null, durationMs: 1, chips: 0 };
    const read = (rowsSeen: unknown) => upcastRelay({ ...info, rowsSeen } as typeof info);
    expect([read(3), read(null), read(['a'])].map(({ rowsSeen }) => rowsSeen)).toEqual([['3'], [], ['a']]);
    expect(relayInfo.safeParse(read(3)).success).toBe(true);
  });
});
