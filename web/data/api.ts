import { signal } from '@preact/signals';
import { ApiError, createClient, type Page } from '../../client/src/index.js';

/** The API key, where the service asks for one. It lives as long as the tab. */
export const apiKey = signal(sessionStorage.getItem('key'));
/** The service asks for a key, or refused the one that there is. */
export const isKeyRequested = signal(false);

export function saveKey(key: string): void {
  sessionStorage.setItem('key', key);
  apiKey.value = key;
  isKeyRequested.value = false;
}

/** The client of the service that the page comes from. */
export const client = createClient({ baseUrl: location.origin, key: () => apiKey.value, timeoutMs: 20_000 });

/** Waits for a request of the client, and asks for a key where the service refused it for want of one. */
export async function withKeyPrompt<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) isKeyRequested.value = true;
    throw error;
  }
}

type Call = { body?: unknown; headers?: Record<string, string> };

/** Calls the api once. Throws `ApiError` or `UnreachableError`; the caller knows the answer's shape. */
export const call = async <T>(method: string, path: string, options: Call = {}): Promise<T> =>
  (await withKeyPrompt(client.request<T>(method, path, options))).body;

export const get = <T>(path: string) => call<T>('GET', path);
export const post = <T = void>(path: string, body?: unknown) => call<T>('POST', path, { body });

/** More pages than a person looks at: a bound for lists that are read whole. */
const maxPages = 50;

/** All items of a list, by its pages of 1,000. */
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

/** What went wrong, in words for people. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError && error.status >= 500) return `${error.message} Try again in a moment.`;
  return error instanceof Error ? error.message : String(error);
}
