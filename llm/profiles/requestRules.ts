import type { AnswerLevel, MessageRule, ProviderFact } from '../../domain/providers/providerFact.js';
import type { SendableRules } from '../outgoing/toSendable.js';

type Fixed = Extract<ProviderFact, { kind: 'fixed' }>;

/** How requests are written for one server and model. Fields have the names of OpenAI's Chat Completions API. */
export type RequestRules = {
  /** Fields that are left out. `messages.NAME` is a field of messages. */
  without: readonly string[];
  /** Fields with another name at this server. */
  renamed: Readonly<Record<string, string>>;
  capped: Readonly<Record<string, number>>;
  fixed: readonly Fixed[];
  /** The fields that ask a model to reason before it answers. */
  thinking: Readonly<Record<string, unknown>>;
  answers: AnswerLevel;
  /** Whether the server ends a reply at a given text, and searches for it in the reply only, never in its reasoning. */
  stops: boolean;
  /** Levels of structured answers that the server does not have. */
  noAnswers: readonly AnswerLevel[];
  /** Keywords that the server refuses in schemas of answers. The answers are still checked against them here. */
  schemaWithout: readonly string[];
  messages: readonly MessageRule[];
};

/** The request as OpenAI documents it. */
export const plainRules: RequestRules = {
  without: [],
  renamed: {},
  capped: {},
  fixed: [],
  thinking: { reasoning_effort: 'medium' },
  answers: 'json_schema',
  stops: false,
  noAnswers: [],
  schemaWithout: [],
  messages: [],
};

/** The rules with one more fact. A later fact takes precedence over an earlier one about the same field. */
export function withFact(rules: RequestRules, fact: ProviderFact): RequestRules {
  switch (fact.kind) {
    case 'without':
      return { ...rules, without: [...rules.without, fact.field] };
    case 'renamed':
      return { ...rules, renamed: { ...rules.renamed, [fact.field]: fact.to } };
    case 'capped':
      return { ...rules, capped: { ...rules.capped, [fact.field]: fact.max } };
    case 'fixed':
      return { ...rules, fixed: [...rules.fixed, fact] };
    case 'answers':
      return { ...rules, answers: fact.level };
    case 'schema_without':
      return { ...rules, schemaWithout: [...rules.schemaWithout, ...fact.keywords] };
    case 'messages':
      return { ...rules, messages: [...rules.messages, fact.rule] };
  }
}

/** The rules for messages. Without `send_reasoning` reasoning goes back to servers that sent it under that name. */
export function sendableRules({ messages }: RequestRules): SendableRules {
  return {
    alternateRoles: messages.includes('alternate_roles'),
    systemRole: !messages.includes('no_system_role'),
    nullContent: !messages.includes('no_null_content'),
    textParts: !messages.includes('plain_content'),
    images: messages.includes('no_images') ? 'none' : messages.includes('no_past_images') ? 'new' : 'all',
    ...(messages.includes('send_reasoning') ? { reasoningContent: true } : {}),
    callIds: messages.includes('nine_character_call_ids')
      ? 'nine'
      : messages.includes('short_call_ids')
        ? 'short'
        : 'any',
  };
}

/** The fields of a request's body, by the names of OpenAI's API. */
export type Body = Record<string, unknown>;

/**
 * The request with the parameters that the rules allow. Fields that they do not mention keep their places and values:
 * `plainRules` change nothing.
 */
export function applyRules(body: Body, rules: RequestRules): Body {
  const kept = Object.entries(body).flatMap(([field, value]): [string, unknown][] =>
    rules.without.includes(field) ? [] : [[rules.renamed[field] ?? field, valueUnder(rules, field, value)]],
  );
  const fixed = rules.fixed
    .filter(({ when }) => when === 'always' || (when === 'tools' ? 'tools' in body : body.stream !== true))
    .map(({ field, value }): [string, unknown] => [rules.renamed[field] ?? field, value]);
  return Object.fromEntries([...kept, ...fixed]);
}

function valueUnder({ capped, without }: RequestRules, field: string, value: unknown): unknown {
  const max = capped[field];
  if (max !== undefined && typeof value === 'number') return Math.min(value, max);
  if (field !== 'messages' || !Array.isArray(value)) return value;
  const names = without.flatMap((name) => (name.startsWith(OF_MESSAGES) ? [name.slice(OF_MESSAGES.length)] : []));
  return names.length === 0 ? value : value.map((message) => withoutNames(message, names));
}

/** The prefix of the names of messages' fields. */
export const OF_MESSAGES = 'messages.';

/** A message without fields of these names, in its tool calls too. */
function withoutNames(message: object, names: string[]): object {
  const kept = Object.entries(message).filter(([name]) => !names.includes(name));
  return Object.fromEntries(
    kept.map(([name, value]) =>
      name === 'tool_calls' && Array.isArray(value)
        ? [name, value.map((call) => withoutNames(call, names))]
        : [name, value],
    ),
  );
}
