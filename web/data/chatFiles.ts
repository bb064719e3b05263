import { ApiError, type Chat } from '../../client/src/index.js';
import { t } from '../strings/strings.js';
import { apiKey } from './api.js';

const headers = (): Record<string, string> => (apiKey.peek() ? { authorization: `Bearer ${apiKey.peek()}` } : {});

async function mustBeOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  const { code = 'unknown', detail = t().common.answered(response.status) } = (await response
    .json()
    .catch(() => ({}))) as {
    code?: string;
    detail?: string;
  };
  throw new ApiError(response.status, code, detail);
}

/** Downloads a chat as a file. By a request and not by a link, which could send no key. */
export async function exportChat(chatId: string, title: string): Promise<void> {
  const response = await mustBeOk(await fetch(`/v1/chats/${chatId}/export`, { headers: headers() }));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = `${
    title
      .replace(/[^\p{L}\p{N} _-]+/gu, '')
      .trim()
      .slice(0, 80) || 'chat'
  }.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Creates a chat from a file that was exported. */
export async function importChat(file: File): Promise<Chat> {
  const sent = { method: 'POST', body: file, headers: { ...headers(), 'content-type': 'application/x-ndjson' } };
  return (await mustBeOk(await fetch('/v1/chats/import', sent))).json() as Promise<Chat>;
}
