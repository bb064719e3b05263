import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TurnFailure } from '../../domain/log/failures.js';
import type { ReplyPart } from '../port.js';
import { parseEvents } from './messageEvents.js';
import { createMessage } from './messageParts.js';

const word = fc.oneof(
  fc.constantFrom('Hello ', '', '\0', '\ud800', '{"a":', '}', 'end_turn', 'pause_turn'),
  fc.string(),
);
const value = fc.oneof(word, fc.integer(), fc.constantFrom(null, [], {}, true), fc.jsonValue());
const fields = (...names: string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
const typed = (types: string[], ...names: string[]) =>
  fc.tuple(fc.constantFrom(...types), fields(...names)).map(([type, more]) => ({ type, ...more }));

const block = typed(
  ['text', 'thinking', 'redacted_thinking', 'tool_use', 'x'],
  'text',
  'thinking',
  'id',
  'name',
  'input',
  'data',
);
const deltas = ['text_delta', 'thinking_delta', 'signature_delta', 'input_json_delta', 'x'];
const delta = typed(deltas, 'text', 'thinking', 'signature', 'partial_json', 'citation', 'stop_reason');
const event = fc.record(
  {
    type: fc.constantFrom('message_start', 'content_block_start', 'content_block_delta', 'message_delta', 'ping', 'x'),
    index: fc.oneof(fc.integer({ min: 0, max: 2 }), value),
    content_block: fc.oneof(block, value),
    delta: fc.oneof(delta, value),
    message: fc.oneof(fields('model', 'content', 'usage', 'stop_reason'), value),
    usage: fc.oneof(fields('input_tokens', 'output_tokens', 'cache_read_input_tokens'), value),
  },
  { requiredKeys: ['type'] },
);

test('any events of the Messages API give a reply or a failure with a code', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (events) => {
      const message = createMessage('m');
      const parts: ReplyPart[] = [];
      try {
        for (const each of events)
          parts.push(...parseEvents({ name: null, data: JSON.stringify(each) }, null).flatMap(message.take));
        parts.push(...message.attached());
      } catch (error) {
        expect(error).toBeInstanceOf(TurnFailure);
      }
      const units = (texts: string[]) => texts.join('').length;
      const said = parts.flatMap((part) => (part.type === 'delta' && part.channel === 'text' ? [part.text] : []));
      const kept = message.content().flatMap(({ type, text }) => (type === 'text' ? [String(text)] : []));
      expect(units(kept)).toBeLessThanOrEqual(units(said));
      expect(parts.every((part) => part.type !== 'delta' || part.text !== '')).toBe(true);
      expect(message.ending(message.usage(), false)).toMatchObject({ type: 'finish' });
    }),
    { numRuns: 500 },
  );
});
