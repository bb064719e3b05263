/** A provider's refusal as `openai` is to read it: one `error` object, whatever form the server gave it. */
export type RefusalBody = { error: Record<string, unknown> };

/** Refusals are not read further than this, in bytes. */
const MAX_REFUSAL = 64 * 1024;

/**
 * Rewrites the body of a refusal: servers send an `error` object, an `error` text, a list of either, or the error's
 * fields at the top. `foreign` marks a body that holds no error at all: an HTML page, or some other server's answer.
 */
export function toRefusalBody(text: string, contentType: string | null): RefusalBody {
  const html = isHtml(text, contentType);
  const json = html ? undefined : parse(text);
  const body = Array.isArray(json) ? json[0] : json;
  const { error, ...rest } = isObject(body) ? body : {};
  if (isObject(error)) return { error };
  if (typeof error === 'string') return { error: { ...rest, message: error } };
  if (typeof rest.message === 'string' || rest.object === 'error') return { error: rest };
  return { error: { foreign: html ? 'html' : 'other' } };
}

export const isHtml = (text: string, contentType: string | null): boolean =>
  /^\s*text\/html\b/i.test(contentType ?? '') || /^\s*</.test(text.slice(0, 200));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Body = { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> };

/** The beginning of a body, which is all that is read of it. */
export async function readRefusal(body: Body | undefined): Promise<string> {
  const text = new TextDecoder();
  let read = '';
  for (let size = 0; body && size < MAX_REFUSAL; ) {
    const { done, value } = await body.read();
    if (done || !value) return read + text.decode();
    size += value.length;
    read += text.decode(value, { stream: true });
  }
  await body?.cancel();
  return read;
}
