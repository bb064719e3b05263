import { signal } from '@preact/signals';
import { ApiError, createClient, type Page } from '../../client/src/index.js';

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

export const get = <T>(path: string) => request<T>('GET', path);
export const post = <T = void>(path: string, body?: unknown) => request<T>('POST', path, { body });

/** A bound for lists that are read whole: 50 pages of 1,000 items. */
const maxPages = 50;

/** All items of a list. */
export async function list<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = '';
  for (let page = 0; cursor !== null && page < maxPages; page++) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { items: more, next }: Page<T> = await get(`${path}${path.includes('?') ? '&' : '?'}limit=1000${query}`);
    items.push(...more);
    cursor = next;
  }
  return items;
}

/** The message to show for an error. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError && error.status >= 500) return `${error.message} Try again in a moment.`;
  return error instanceof Error ? error.message : String(error);
}
