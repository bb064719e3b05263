import type { ChatMessage, ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { parseArguments } from '../../domain/agents/toolArguments.js';
import { type CallIdForm, type CallIds, createCallIds } from './callIds.js';

type Asking = Extract<ChatMessage, { toolCalls: unknown }>;
type Result = Extract<ChatMessage, { role: 'tool' }>;
/** A call with the id that its message has, and the one that is sent. */
type Pair = { call: ToolCallRequest; givenId: string; result: string | null };

const VALID_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_NAME = 64;
/** Replaces a result that does not exist: every API refuses a call without one. */
const NO_RESULT = 'There is no result.';

/**
 * Makes the tool calls of past messages valid for every API. Each call has arguments that are a JSON object, a name of
 * `^[a-zA-Z0-9_-]{1,64}$`, an id of its own, and its result directly after it, in the order of the calls. A result without
 * a call becomes a user's message. `offered` are the names of the tools in the request, which other names do not get.
 */
export function sendableCalls(
  messages: ChatMessage[],
  offered: readonly string[] = [],
  callIds: CallIdForm = 'any',
): ChatMessage[] {
  if (!messages.some((message) => message.role === 'tool' || 'toolCalls' in message)) return messages;
  const names = createNames([...offered, ...messages.flatMap(namesOf)]);
  const ids = createCallIds(callIds);
  const sendable: ChatMessage[] = [];
  for (let at = 0; at < messages.length; ) {
    const message = messages[at++]!;
    const results: Result[] = [];
    if ('toolCalls' in message || message.role === 'tool') {
      if (message.role === 'tool') at -= 1;
      for (let next = messages[at]; next?.role === 'tool'; next = messages[++at]) results.push(next);
    }
    if (message.role === 'tool') sendable.push(...results.map(toUserMessage));
    else if ('toolCalls' in message) sendable.push(...withResults(message, results, names, ids));
    else sendable.push(message);
  }
  return sendable;
}

const namesOf = (message: ChatMessage) => ('toolCalls' in message ? message.toolCalls.map(({ name }) => name) : []);

const toUserMessage = ({ content }: Result): ChatMessage => ({ role: 'user', content });

/** A message that asks for tools, with the results of its calls. Without calls it is an ordinary message. */
function withResults(asking: Asking, results: Result[], names: Names, ids: CallIds): ChatMessage[] {
  const { toolCalls, content, reasoning } = asking;
  const pairs: Pair[] = toolCalls.map((call) => ({
    call: { ...call, id: ids(idOf(call)), name: names(call.name), arguments: sendableArguments(call.arguments) },
    givenId: call.id,
    result: null,
  }));
  const orphans: Result[] = [];
  for (const result of results) {
    const pair = pairs.find(({ givenId, result: known }) => known === null && givenId === result.toolCallId);
    if (pair) pair.result = result.content;
    else orphans.push(result);
  }
  const calls = pairs.map(({ call }) => call);
  const first: ChatMessage[] =
    calls.length > 0
      ? [{ role: 'assistant', content, toolCalls: calls, ...(reasoning ? { reasoning } : {}) }]
      : content === ''
        ? []
        : [{ role: 'assistant', content }];
  return [
    ...first,
    ...pairs.map(({ call, result }): Result => ({ role: 'tool', toolCallId: call.id, content: result ?? NO_RESULT })),
    ...orphans.map(toUserMessage),
  ];
}

/** Some servers put a signature into an id that is too long for storage: the whole id is beside it. */
const idOf = ({ id, serverFields }: ToolCallRequest) => (typeof serverFields?.id === 'string' ? serverFields.id : id);

/** A model may write arguments that are no JSON. The log keeps them; servers refuse a history that has them. */
const sendableArguments = (sent: string): string => (sent.trim() !== '' && parseArguments(sent).ok ? sent : '{}');

type Names = (name: string) => string;

/** Maps each invalid name to a valid one that nothing else has. */
function createNames(known: string[]): Names {
  const taken = new Set(known.filter((name) => VALID_NAME.test(name)));
  const mapped = new Map<string, string>();
  return (name) => {
    if (VALID_NAME.test(name)) return name;
    const before = mapped.get(name);
    if (before !== undefined) return before;
    const chosen = freeWord(taken, name.replace(/[^a-zA-Z0-9_-]/gu, '_').slice(0, MAX_NAME) || 'unnamed');
    taken.add(chosen);
    mapped.set(name, chosen);
    return chosen;
  };
}

/** The word, or with a number at its end where it is taken. */
function freeWord(taken: ReadonlySet<string>, word: string): string {
  let free = word;
  for (let n = 2; taken.has(free); n++) {
    const end = `_${n}`;
    free = word.slice(0, MAX_NAME - end.length) + end;
  }
  return free;
}
