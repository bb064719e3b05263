import { signal } from '@preact/signals';
import { ApiError, createClient } from '../../client/src/index.js';

/** The API key, where the service requires one. Kept for as long as the tab is open. */
export const apiKey = signal(sessionStorage.getItem('key'));
/** Whether the service requires a key, or refused the current one. */
export const isKeyRequested = signal(false);

export function saveKey(key: string): void {
  sessionStorage.setItem('key', key);
  apiKey.value = key;
  isKeyRequested.value = false;
}

/** The client of the service that the page was loaded from. */
export const client = createClient({ baseUrl: location.origin, key: () => apiKey.value, timeoutMs: 20_000 });

/** Awaits a request of the client, and opens the key dialog when the service answers 401. */
export async function withKeyPrompt<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) isKeyRequested.value = true;
    throw error;
  }
}

type RequestOptions = { body?: unknown; headers?: Record<string, string> };

/** Sends one request, and does not repeat it. Throws `ApiError` or `UnreachableError`. */
export const request = async <T>(method: string, path: string, options: RequestOptions = {}): Promise<T> =>
  (await withKeyPrompt(client.request<T>(method, path, options))).body;

export const get = <T>(path: string) => withKeyPrompt(client.get<T>(path, { attempts: 1 }));
export const post = <T = void>(path: string, body?: unknown) => request<T>('POST', path, { body });

const maxListItems = 50_000;

/** The items of a list, at most `maxListItems`. */
export const list = <T>(path: string): Promise<T[]> => withKeyPrompt(readList<T>(path));

async function readList<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  for await (const item of client.list<T>(`${path}${path.includes('?') ? '&' : '?'}limit=1000`, { attempts: 1 })) {
    items.push(item);
    if (items.length >= maxListItems) break;
  }
  return items;
}
