import type { CompletionRequest } from '../../../../scripts/provider/chunks.js';

/** The classifiers by the families of their steps. */
const byStep: Record<string, string> = { parse: 'turn_parse' };

/** The question of a classifier whose schema is in the prompt, named by the step in the request's id. */
export function promptedSchema({ body, requestId }: { body: CompletionRequest; requestId: string | undefined }) {
  if (body.stream) return undefined;
  const texts = body.messages.map(({ content }) => String(content ?? ''));
  const schema = texts.map((text) => /JSON Schema:\n(\{.*\})/.exec(text)?.[1]).find(Boolean);
  const family = requestId?.split('/')[1]?.split(':')[0] ?? '';
  return schema ? { name: byStep[family] ?? family, schema: JSON.parse(schema) as unknown } : undefined;
}
