import { ApiError, type Character, UnreachableError } from '../../client/src/index.js';
import { apiKey, withKeyPrompt } from '../data/api.js';
import { t } from '../strings/strings.js';

const timeoutMs = 60_000;

/** Sends a file, and returns the answer. Throws `ApiError` or `UnreachableError`. */
async function send(method: string, path: string, file?: Blob): Promise<Response> {
  const key = apiKey.peek();
  const response = await fetch(path, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(file ? { 'content-type': file.type || 'application/octet-stream' } : {}),
    },
    ...(file ? { body: file } : {}),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw new UnreachableError({ cause });
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  const detail = problem.detail ?? t().common.answered(response.status);
  throw new ApiError(response.status, problem.code ?? 'unknown', detail, null);
}

const pathOf = (characterId: string, file: string) => `/v1/characters/${encodeURIComponent(characterId)}/${file}`;

/** `warnings`: parts of the card that are kept and have no effect. */
type ImportedCharacter = Character & { warnings?: { path: string; reason: string }[] };

export const sendCard = async (file: Blob): Promise<ImportedCharacter> =>
  (await withKeyPrompt(send('POST', '/v1/characters/import', file))).json() as Promise<ImportedCharacter>;

export const sendAvatar = async (characterId: string, file: Blob): Promise<Character> =>
  (await withKeyPrompt(send('PUT', pathOf(characterId, 'avatar'), file))).json() as Promise<Character>;

/** With a key an image can not be read by its address alone, which has no headers. */
export const readAvatar = async (characterId: string): Promise<Blob> =>
  (await withKeyPrompt(send('GET', pathOf(characterId, 'avatar')))).blob();

export const readCard = async (characterId: string, format: 'json' | 'png'): Promise<Blob> =>
  (await withKeyPrompt(send('GET', `${pathOf(characterId, 'card')}?format=${format}`))).blob();

/** Offers a file to the user as a download. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), timeoutMs);
}
