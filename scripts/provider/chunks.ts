/** The fields of a Chat Completions request that the demo provider reads. */
export type CompletionRequest = {
  model: string;
  messages: { role: string; content: string }[];
  tools?: { function: { name: string } }[];
  stop?: string[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  response_format?: { type: string; json_schema?: { name: string; schema: unknown } };
};

export type Usage = { prompt_tokens: number; completion_tokens: number; total_tokens: number };

export type ChunkMaker = {
  role(): object;
  text(text: string): object;
  thinking(text: string): object;
  call(id: string, name: string, sent: object): object;
  finish(reason: string): object;
  usage(usage: Usage): object;
};

export const DONE = 'data: [DONE]\n\n';

export function sseFrame(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** Makes the chunks of one completion. */
export function createChunkMaker(id: string, model: string): ChunkMaker {
  const base = { id, object: 'chat.completion.chunk', created: Math.floor(Date.now() / 1000), model };
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason }],
  });
  return {
    role: () => chunk({ role: 'assistant', content: '' }),
    text: (text) => chunk({ content: text }),
    thinking: (text) => chunk({ reasoning_content: text }),
    call: (id, name, sent) =>
      chunk({ tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: JSON.stringify(sent) } }] }),
    finish: (reason) => chunk({}, reason),
    usage: (usage) => ({ ...base, choices: [], usage }),
  };
}

/** The answer to a request without `stream`. */
export function completion(id: string, model: string, content: string, usage: Usage): object {
  return {
    id,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
    usage,
  };
}

/** Estimates four characters for each token. */
export function countUsage(messages: { content: string }[], reply: string): Usage {
  const tokens = (text: string) => Math.ceil(text.length / 4);
  const prompt_tokens = messages.reduce((sum, message) => sum + tokens(String(message.content ?? '')), 0);
  const completion_tokens = tokens(reply);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
