import type { MessageRule } from '../../domain/providers/providerFact.js';
import type { Lesson, Refused } from './lessons.js';
import { OF_MESSAGES } from './requestRules.js';

/** What servers and the chat templates of local models say of roles. Each pattern takes time linear in the text. */
const aboutRoles: [RegExp, MessageRule][] = [
  [/system (role|messages?|prompts?) (is |are )?(not|un)\s?(supported|allowed|enabled)/i, 'no_system_role'],
  [/does(n't| not) support (the )?(system|developer) (role|message|prompt|instruction)/i, 'no_system_role'],
  [/(system|developer) instructions? (is|are) not (enabled|supported)/i, 'no_system_role'],
  [/unsupported role:? ?['"]?system/i, 'no_system_role'],
  [/must alternate|alternat(e|ing|ion)( between)? ['"]?user/i, 'alternate_roles'],
  [/roles? .{0,40}alternat/i, 'alternate_roles'],
  [
    /system (role|messages?|prompts?) (must|should|can only|may only|has to|have to) .{0,40}(first|begin|start)/i,
    'alternate_roles',
  ],
  [/(only|multiple|more than one) .{0,20}system (message|prompt|role)/i, 'alternate_roles'],
  [/after the optional system message/i, 'alternate_roles'],
  [/expected last role/i, 'alternate_roles'],
  [/(last|final) (message|role|turn|content) .{0,60}\b(user|tool)\b/i, 'alternate_roles'],
  [/(must|should|has to) (start|begin|end) with .{0,20}user/i, 'alternate_roles'],
  [/first (message|role|turn|content) .{0,60}\buser\b/i, 'alternate_roles'],
  [/does(n't| not) support (assistant )?(message )?prefill/i, 'alternate_roles'],
  [/consecutive .{0,30}(messages?|roles?)|(messages?|roles?) .{0,30}in a row/i, 'alternate_roles'],
];

const isMissing = /missing|required|must be (passed|provided|included|sent)|passed back/i;
const isNoText =
  /null|none|(must|should) be a (valid )?string|valid string|expected (a )?string|not be empty|required/i;
/** Refusals of the ids of calls. Each pattern takes time linear in the text. */
const aboutCallIds: [RegExp, MessageRule][] = [
  [/(call.?id|\bid) .{0,200}length (of|is) 9\b/is, 'nine_character_call_ids'],
  [/\b(exactly )?(9|nine) (alphanumeric )?characters/i, 'nine_character_call_ids'],
  [/(string|value|id) (is )?too long|max(imum)? length|at most \d+ characters|match (the )?pattern/i, 'short_call_ids'],
];
const namesCallId = /tool_calls?\W{0,3}\d*\W{0,3}id\b|tool.?call.?ids?\b|tool_use(_id|\.id)|\bcall_id\b/i;

/** The fields that a message can't do without. */
const essential = new Set([
  'messages',
  'role',
  'content',
  'tool_calls',
  'tool_call_id',
  'function',
  'arguments',
  'id',
  'type',
]);

/** What a refusal says about the messages of a request. */
export function messageLessons(refused: Refused): Lesson[] {
  const rules = [...callIdRules(refused), ...roleRules(refused), ...contentRules(refused), ...reasoningRules(refused)];
  const taught = rules.map((rule): Lesson => ({ fact: { kind: 'messages', rule }, keep: 'weeks' }));
  return [...taught, ...unknownFields(refused)];
}

const roleRules = ({ refusal: { message } }: Refused): MessageRule[] =>
  aboutRoles.flatMap(([pattern, rule]) => (pattern.test(message) ? [rule] : []));

/** What a server says of ids, by their path or in its message. The strictest form comes first. */
function callIdRules({ refusal: { message, paths } }: Refused): MessageRule[] {
  if (!paths.some((path) => namesCallId.test(path)) && !namesCallId.test(message)) return [];
  return aboutCallIds.flatMap(([pattern, rule]) => (pattern.test(message) ? [rule] : [])).slice(0, 1);
}

function contentRules({ refusal: { message, paths }, body }: Refused): MessageRule[] {
  const isAboutContent = paths.some((path) => /^messages\b.*\bcontent\b/.test(path)) || /\bcontent\b/.test(message);
  const hasNull = messagesOf(body).some(({ content }) => content === null);
  return isAboutContent && hasNull && isNoText.test(message) ? ['no_null_content'] : [];
}

function reasoningRules({ refusal: { message } }: Refused): MessageRule[] {
  return /reasoning_content/.test(message) && isMissing.test(message) ? ['send_reasoning'] : [];
}

/** Fields of messages that the server does not know, by their paths or by their names in the text. */
function unknownFields({ refusal: { message, paths }, body }: Refused): Lesson[] {
  const sent = new Set(
    messagesOf(body)
      .flatMap(namesOf)
      .filter((name) => !essential.has(name)),
  );
  const named = paths.filter((path) => path.startsWith('messages')).flatMap((path) => path.split('.'));
  const words = named.length > 0 ? named : message.split(/[^\w]+/);
  // A name of one word may be in the text for another reason.
  return [...sent]
    .filter((name) => words.includes(name) && (named.length > 0 || name.includes('_')))
    .map((name) => ({ fact: { kind: 'without', field: `${OF_MESSAGES}${name}` }, keep: 'weeks' }));
}

const messagesOf = ({ messages }: Refused['body']): Record<string, unknown>[] =>
  Array.isArray(messages) ? (messages as Record<string, unknown>[]) : [];

const namesOf = (message: Record<string, unknown>): string[] => {
  const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as object[]) : [];
  return [...Object.keys(message), ...calls.flatMap(Object.keys)];
};
