import { describe, expect, test } from '@jest/globals';
import type { Schema } from '../../scripts/provider/schemaAnswer.js';
import { answerSchemas, at, calls, context, events, good, parse } from '../../test/support/chats/classifierTurn.js';
import { eventData } from '../log/events.js';
import type { TurnContext } from './classifier.js';
import { classifierNames, classifiers, parseAnswer } from './index.js';

type Bad = { why: string; value: unknown };

/** Every way in which one value of an answer can be bad, each in a copy of the answer. */
function hostile(value: unknown, schema: Schema, path = ''): Bad[] {
  const of = schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  const bad = schema === of ? [...badValues(value, of), { why: 'null', value: null }] : badValues(value, of);
  return [...bad.map(({ why, value }) => ({ why: `${path} ${why}`, value })), ...badInside(value, of, path)];
}

function badValues(value: unknown, schema: Schema): Bad[] {
  const general = [{ deep: true }, [[]]].map((bad) => ({ why: JSON.stringify(bad), value: bad }));
  return [...general, ...badOfType(value, schema)];
}

function badOfType(value: unknown, { minimum = 0, maximum = 0 }: Schema): Bad[] {
  const all = (bad: Record<string, unknown>) => Object.entries(bad).map(([why, value]) => ({ why, value }));
  if (typeof value === 'string') {
    return all({ nul: 'a\0b', halfPair: 'a\ud83e', long: 'x'.repeat(250_000), huge: 'x'.repeat(1_000_000), number: 1 });
  }
  if (typeof value === 'number')
    return all({ above: maximum + 1, below: minimum - 1, broken: 0.5, text: '1', vast: 1e300 });
  if (typeof value === 'boolean') return all({ text: 'true', number: 1 });
  if (Array.isArray(value)) return all({ tooMany: Array(3_000).fill(value[0]) });
  return [];
}

/** An answer with a key beyond its schema in each of its objects. */
function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.entries(value).map(([key, each]) => [key, withMore(each)]);
  return { ...Object.fromEntries(inner), confidence: { of: ['1'] } };
}

function badInside(value: unknown, { items = {}, properties = {} }: Schema, path: string): Bad[] {
  if (Array.isArray(value)) {
    return hostile(value[0], items, `${path}[0]`).map(({ why, value }) => ({ why, value: [value] }));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const { [key]: _, ...others } = value as Record<string, unknown>;
    const bad = hostile(inner, properties[key] ?? {}, `${path}.${key}`).map((one) => ({
      ...one,
      value: { ...value, [key]: one.value },
    }));
    return [{ why: `${path}.${key} left out`, value: others }, ...bad];
  });
}

/** The words of a schema's enums. */
function wordsOf(schema: Schema): unknown[] {
  const inner = [
    ...(schema.anyOf ?? []),
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
  ];
  return [...(schema.enum ?? []), ...inner.flatMap(wordsOf)];
}

describe.each(classifierNames)('the classifier %s', (name) => {
  test('accepts an answer of its schema, and makes events that the log accepts', () => {
    expect(parse(name, good[name]).ok).toBe(true);
    for (const { kind, data } of events(name, good[name])) expect(eventData[kind].safeParse(data).success).toBe(true);
  });

  test('ignores keys beyond its schema, in nested objects too', () => {
    expect(parse(name, withMore(good[name]))).toEqual(parse(name, good[name]));
    const schema = JSON.stringify(answerSchemas[name]);
    expect(schema.match(/"additionalProperties":false/g)).toHaveLength(schema.match(/"type":"object"/g)?.length ?? 0);
  });

  test('refuses an answer that is wrong in any one field', () => {
    const passed = hostile(good[name], answerSchemas[name]).filter(({ value }) => parse(name, value).ok);
    expect(passed.map(({ why }) => why)).toEqual([]);
  });

  test.each(['', 'no', '{', '[]', 'null', '"x"', '```json\n{}\n```', '\0'])('refuses the answer %j', (raw) => {
    expect(parse(name, raw).ok).toBe(false);
  });

  test('asks in messages whose texts are cut to their limits', () => {
    const long = 'A long tale. '.repeat(8_000);
    const turn: TurnContext = {
      ...context,
      host: { ...context.host, persona: long },
      guest: { id: 'chr_g', name: '.*(', persona: '' },
      prose: long,
      beats: [{ beat: 0, speakerId: 'chr_h', text: long, at }],
      dialogue: Array(20).fill({ speakerId: 'you', text: long }),
      sceneBeats: Array(200).fill({ speakerId: 'chr_h', text: long }),
    };
    const messages = classifiers[name].messages(turn, calls[name]);
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(JSON.stringify(messages).length).toBeLessThan(name === 'turn_parse' ? 120_000 : 115_000);
  });

  test('has a JSON schema that strict mode accepts', () => {
    const schema = answerSchemas[name];
    const objects: { additionalProperties?: unknown; required?: string[]; properties?: object }[] = [];
    JSON.stringify(schema, (_key, node) => {
      if (node?.type === 'object') objects.push(node);
      return node;
    });
    expect(objects.length).toBeGreaterThan(0);
    for (const { additionalProperties, required, properties } of objects) {
      expect(additionalProperties).toBe(false);
      expect(required).toEqual(Object.keys(properties ?? {}));
    }
    expect(JSON.stringify(schema)).not.toMatch(/maxLength|minLength|\$schema|pattern/);
  });

  test('returns a verdict without prose', () => {
    for (const value of Object.values(classifiers[name].verdict(good[name]))) {
      expect(typeof value === 'string' ? wordsOf(answerSchemas[name]) : [value]).toContain(value);
    }
  });
});

describe('an answer of 1 MB', () => {
  test('is refused without being parsed', () => {
    expect(parse('scene_close', `{"shouldClose":true,"reason":"${'x'.repeat(1_000_000)}"}`)).toEqual({
      ok: false,
      reason: 'too_large',
    });
  });
});

describe('the check of ids in an answer', () => {
  test.each([
    ['addressee', { addresseeId: 'you' }],
    ['addressee', { addresseeId: 'chr_x' }],
    ['event_lifecycle', { transitions: [{ eventId: 'evt_2', newStatus: 'active' }] }],
    ['scene_summary', { summary: '', edges: [{ targetId: 'chr_x', summary: '' }], knowledgeFacts: [] }],
    ['scene_summary', { summary: '', edges: [], knowledgeFacts: [{ targetId: 'chr_x', fact: '' }] }],
  ] as const)('of %s outside the enum are refused: %j', (name, answer) => {
    expect(parse(name, answer)).toEqual({ ok: false, reason: 'breaks_schema' });
  });

  test('refuses the id of a guest where the chat has no guest', () => {
    const alone = { ...context, guest: null };
    const { ok } = parseAnswer(classifiers.addressee, alone, calls.addressee, '{"addresseeId":"chr_g"}');
    expect(ok).toBe(false);
  });

  test('refuses every transition where no story event is open', () => {
    const quiet = { ...context, storyEvents: [] };
    const ask = (answer: object) =>
      parseAnswer(classifiers.event_lifecycle, quiet, calls.event_lifecycle, JSON.stringify(answer)).ok;
    expect(ask({ transitions: [] })).toBe(true);
    expect(ask({ transitions: [{ eventId: '', newStatus: 'active' }] })).toBe(false);
  });
});
