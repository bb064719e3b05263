import fc from 'fast-check';

/** Text that JSON can carry and Postgres can not, more often than chance has it. */
export const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\0',
        '\ud800',
        '\udc00',
        '\\u0000',
        '🦊',
        'calculate',
        '{"task":"x"}',
        '<change>',
        '\n',
        '"',
        '../',
        '%00',
      ),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(''));

const repeated = fc
  .record({ unit: fc.constantFrom('a', '\0', '\ud83d', '[[', ' '), times: fc.integer({ min: 300, max: 3_000 }) })
  .map(({ unit, times }) => unit.repeat(times));

const anyNumber = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(2 ** 31, 2 ** 53, 1e308, -1, 0.5),
);

/** Any JSON whose texts and keys are of that kind. */
const anyJson = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyText,
    anyNumber,
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 4 }),
  ),
})).value;

/** What a field is meant to hold, or nearly so, or anything. */
const field = (meant: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { arbitrary: meant, weight: 6 },
    { arbitrary: fc.constant(undefined), weight: 2 },
    { arbitrary: anyJson, weight: 1 },
  );
const text = fc.oneof({ arbitrary: anyText, weight: 8 }, { arbitrary: repeated, weight: 1 });

const nested = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);

/** Arguments of a call, as text: objects, and what only looks like one. */
const anyArguments = fc.oneof(
  { arbitrary: fc.dictionary(text, anyJson, { maxKeys: 3 }).map((value) => JSON.stringify(value)), weight: 4 },
  { arbitrary: text, weight: 2 },
  {
    arbitrary: fc.constantFrom(
      '{"expression":"1+1"}',
      '{"a":"\\u0000"}',
      '{"\\u0000":1}',
      '{"a":"\\ud800"}',
      '{"task":"do it","n":1e999999}',
      `{"a":${nested(20_000, '[', ']')}}`,
      nested(20_000, '{"a":', '}').replace('}', '1}'),
      '{"__proto__":{"a":1},"constructor":1}',
      '',
      'null',
      '[]',
    ),
    weight: 4,
  },
);

const toolName = fc.oneof(fc.constantFrom('calculate', 'delegate', 'propose_edit'), text);
const usageOf = (names: string[]) =>
  field(fc.record(Object.fromEntries(names.map((name) => [name, field(anyNumber)])), { requiredKeys: [] }));

/** A `chat.completion.chunk`. */
export const anyChunk = fc.record(
  {
    model: field(text),
    error: fc.oneof({ arbitrary: fc.constant(undefined), weight: 12 }, { arbitrary: anyJson, weight: 1 }),
    choices: field(
      fc.array(
        fc.record(
          {
            index: field(fc.constantFrom(0, 1)),
            delta: field(
              fc.record({
                content: field(text),
                reasoning_content: field(text),
                tool_calls: field(
                  fc.array(
                    fc.record({
                      index: field(fc.integer({ min: 0, max: 3 })),
                      id: field(text),
                      function: field(fc.record({ name: field(toolName), arguments: field(anyArguments) })),
                    }),
                    { maxLength: 2 },
                  ),
                ),
              }),
            ),
            finish_reason: field(fc.oneof(fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'), text)),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 2 },
      ),
    ),
    usage: usageOf(['prompt_tokens', 'completion_tokens', 'total_tokens']),
  },
  { requiredKeys: [] },
);

const anyResponse = fc.record({
  id: field(text),
  status: field(fc.constantFrom('completed', 'incomplete', 'in_progress')),
  model: field(text),
  output: field(
    fc.array(
      fc.record({
        type: fc.constantFrom('message', 'function_call', 'reasoning'),
        call_id: field(text),
        name: field(toolName),
        arguments: field(anyArguments),
        content: field(fc.array(fc.record({ type: text, text: field(text) }), { maxLength: 2 })),
      }),
      { maxLength: 3 },
    ),
  ),
  usage: usageOf(['input_tokens', 'output_tokens', 'total_tokens']),
});

/** An event of the Responses API. */
export const anyResponseEvent = fc.record({
  type: fc.oneof(
    fc.constantFrom(
      'response.created',
      'response.output_text.delta',
      'response.reasoning_text.delta',
      'response.completed',
      'response.incomplete',
    ),
    text,
  ),
  sequence_number: field(anyNumber),
  delta: field(text),
  response: field(anyResponse),
});

const anyBlock = fc.record({
  type: fc.oneof(fc.constantFrom('text', 'thinking', 'redacted_thinking', 'tool_use'), text),
  text: field(text),
  thinking: field(text),
  signature: field(text),
  data: field(text),
  id: field(text),
  name: field(text),
  input: field(anyJson),
});

/** An event of Anthropic's Messages API. */
export const anyMessageEvent = fc.record({
  type: fc.oneof(fc.constantFrom('message_start', 'content_block_start', 'content_block_delta', 'message_delta'), text),
  index: field(fc.integer({ min: 0, max: 2 })),
  content_block: field(anyBlock),
  delta: field(
    fc.record({
      type: fc.constantFrom('text_delta', 'thinking_delta', 'signature_delta', 'input_json_delta'),
      text: field(text),
      thinking: field(text),
      signature: field(text),
      partial_json: field(text),
    }),
  ),
  message: field(fc.record({ model: field(text), usage: field(anyJson) })),
  usage: field(fc.record({ input_tokens: field(anyNumber), output_tokens: field(anyNumber) })),
});

/** An event of another chat service. */
export const anyRelayFrame = fc.record({
  type: fc.oneof(fc.constantFrom('chunk', 'meta', 'done'), text),
  content: field(text),
  used_tools: field(fc.array(text, { maxLength: 3 })),
  rows_seen: field(fc.array(fc.oneof(text, anyNumber), { maxLength: 3 })),
  classifier_tag: field(text),
  conversation_id: field(text),
  duration_ms: field(anyNumber),
  elapsed_seconds: field(anyNumber),
});

const anySchema = fc.oneof(
  fc.record(
    {
      type: field(fc.constantFrom('object', 'array')),
      properties: field(
        fc.dictionary(
          text,
          fc.oneof(
            fc.record({ type: field(fc.constantFrom('string', 'number')), pattern: field(text) }, { requiredKeys: [] }),
            anyJson,
          ),
          { maxKeys: 3 },
        ),
      ),
      required: field(fc.array(text, { maxLength: 2 })),
    },
    { requiredKeys: [] },
  ),
  anyJson,
);

/** A tool as an MCP server lists it. */
export const anyTool = fc.record(
  {
    name: field(text),
    description: field(text),
    inputSchema: fc.oneof(fc.constant({ type: 'object' }), anySchema),
    outputSchema: field(anySchema),
  },
  { requiredKeys: [] },
);

/** What a tool of an MCP server answers. */
export const anyToolAnswer = fc.oneof(
  fc.record(
    {
      content: field(
        fc.array(fc.record({ type: fc.oneof(fc.constantFrom('text', 'image'), text), text: field(text) }), {
          maxLength: 3,
        }),
      ),
      structuredContent: field(anyJson),
      isError: field(fc.boolean()),
    },
    { requiredKeys: [] },
  ),
  anyJson,
);
