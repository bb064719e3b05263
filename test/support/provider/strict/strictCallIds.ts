type Message = { tool_calls?: { id: string }[]; tool_call_id?: string };

/** The first id of a call or a result, in the order of the messages, that does not have the form; null if all have. */
export function wrongCallId(messages: object[], form: RegExp): { id: string; path: string } | null {
  for (const [n, { tool_calls: calls = [], tool_call_id: result }] of (messages as Message[]).entries()) {
    const at = calls.findIndex(({ id }) => !form.test(id));
    if (at >= 0) return { id: calls[at]?.id ?? '', path: `messages[${n}].tool_calls[${at}].id` };
    if (result !== undefined && !form.test(result)) return { id: result, path: `messages[${n}].tool_call_id` };
  }
  return null;
}
