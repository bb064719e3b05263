import { describe, expect, test } from '@jest/globals';
import { readItems } from './responseInput.js';

const user = (content: unknown) => ({ type: 'message', role: 'user', content }) as never;
const assistant = (text: string) => ({ role: 'assistant', content: [{ type: 'output_text', text }] }) as never;
const call = (call_id: string) => ({ type: 'function_call', call_id, name: 'look', arguments: '{}' }) as never;
const output = (call_id: string, said: unknown = 'sun') =>
  ({ type: 'function_call_output', call_id, output: said }) as never;
const read = (...items: never[]) => readItems(items, 'input');
const asked = (id: string, result?: string) => ({ id, name: 'look', arguments: '{}', ...(result ? { result } : {}) });

describe('the items of an input', () => {
  test('are a history, and the text that is answered', () => {
    expect(read(user('A'), assistant('One.'), user('B'))).toMatchObject({
      earlier: [
        { role: 'user', text: 'A' },
        { role: 'assistant', text: 'One.' },
      ],
      text: 'B',
      outputs: [],
    });
  });

  test('have parallel calls in one message, and one after the other in several', () => {
    const parallel = read(user('A'), call('a'), call('b'), output('a'), output('b'));
    expect(parallel.earlier[1]).toEqual({ role: 'assistant', text: '', calls: [asked('a', 'sun'), asked('b', 'sun')] });
    const serial = read(user('A'), assistant('I look.'), call('a'), output('a'), call('b'), output('b'));
    expect(serial.earlier.slice(1)).toEqual([
      { role: 'assistant', text: 'I look.', calls: [asked('a', 'sun')] },
      { role: 'assistant', text: '', calls: [asked('b', 'sun')] },
    ]);
    expect(serial).toMatchObject({ text: null, strays: [], outputs: [{ callId: 'b', output: 'sun' }] });
  });

  test('tell outputs whose calls are elsewhere, also before a text', () => {
    expect(read(output('x', [{ type: 'input_text', text: 'sun' }]))).toMatchObject({
      earlier: [],
      text: null,
      strays: [{ callId: 'x', output: 'sun' }],
    });
    expect(read(output('x'), user('And?'))).toMatchObject({ text: 'And?', strays: [{ callId: 'x' }] });
  });

  test('leave out what is in the conversation that an item refers to, but for instructions', () => {
    const system = { role: 'developer', content: 'Be short.' } as never;
    const reference = { type: 'item_reference', id: 'msg_1' } as never;
    expect(read(system, user('A'), reference, user('B'))).toMatchObject({
      earlier: [],
      text: 'B',
      instructions: ['Be short.'],
      reference: 'msg_1',
    });
    expect(read({ id: 'msg_2' } as never, user('B')).reference).toBe('msg_2');
  });

  test('have files in the text that is answered, and notes of them before', () => {
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AA==' };
    const file = { type: 'input_file', filename: 'a.txt', file_data: 'data:text/plain;base64,QQ==' };
    const found = read(user([image]), assistant('A dot.'), user([{ type: 'input_text', text: 'And?' }, file]));
    expect(found.earlier[0]).toEqual({ role: 'user', text: '[image: an image]' });
    expect(found.files).toEqual([{ url: file.file_data, name: 'a.txt', mayBeText: true }]);
    expect(found.text).toBe('And?');
  });

  test.each<[what: string, item: object, param: string]>([
    ['another type', { type: 'computer_call_output', output: {} }, 'input.0'],
    ['another role', { role: 'critic', content: 'A' }, 'input.0.role'],
    ['another part', { role: 'user', content: [{ type: 'input_audio' }] }, 'input.0.content.0'],
    ['a call without a name', { type: 'function_call', call_id: 'a', arguments: '{}' }, 'input.0.name'],
    ['an item of nothing', {}, 'input.0.id'],
  ])('are refused where they can not be taken: %s', (_, item, param) => {
    expect(() => read(item as never)).toThrow(
      expect.objectContaining({ status: 400, error: expect.objectContaining({ param }) }),
    );
  });
});

test('a message of files alone has notes of them as its text', () => {
  const files = [
    { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
    { type: 'input_file', filename: 'notes.txt', file_data: 'data:text/plain;base64,aGk=' },
  ];
  expect(read(user(files))).toMatchObject({ text: '[image: an image]\n[file: notes.txt]', files: [{}, {}] });
});
