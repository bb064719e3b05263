type Call = { id: string; function: { name: string; arguments: string } };
type Message = { role: string; content?: unknown; tool_calls?: Call[]; tool_call_id?: string };

/**
 * Why a server with a strict template refuses messages, or null where it accepts them. Roles are system (optional), user,
 * assistant, user and so on, and the last message is a user's or a tool's. Messages that call tools do not count, and
 * are followed by their results in order. No message is empty.
 */
export function breachOfRoles(given: object[]): string | null {
  const messages = given as Message[];
  const talk = messages[0]?.role === 'system' ? messages.slice(1) : messages;
  const last = talk.at(-1)?.role;
  if (last !== 'user' && last !== 'tool') return 'the last message must be a user message';
  return breachOfResults(talk) ?? breachOfAlternation(talk.filter(({ role }) => role !== 'tool'));
}

function breachOfAlternation(talk: Message[]): string | null {
  let expected = 'user';
  for (const { role, content, tool_calls: calls } of talk) {
    if (role !== expected) return 'roles must alternate';
    if (calls) continue;
    if (typeof content !== 'string' || content.trim() === '') return 'content must not be empty';
    expected = expected === 'user' ? 'assistant' : 'user';
  }
  return null;
}

function breachOfResults(talk: Message[]): string | null {
  let open: string[] = [];
  for (const { role, tool_calls: calls, tool_call_id: id } of talk) {
    if (role === 'tool') {
      if (id !== open.shift()) return 'unexpected tool message';
      continue;
    }
    if (open.length > 0) return 'a tool call has no result';
    const fault = calls ? breachOfCalls(calls) : null;
    if (fault) return fault;
    open = calls?.map((call) => call.id) ?? [];
  }
  return open.length > 0 ? 'a tool call has no result' : null;
}

function breachOfCalls(calls: Call[]): string | null {
  if (calls.length === 0) return 'tool_calls is empty';
  if (new Set(calls.map(({ id }) => id)).size < calls.length || calls.some(({ id }) => !id)) return 'bad tool call id';
  for (const { function: called } of calls) {
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(called.name)) return 'bad tool name';
    if (!isObject(called.arguments)) return 'arguments must be a JSON object';
  }
  return null;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
