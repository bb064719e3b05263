import { signal } from '@preact/signals';
import type { Page } from './resources.js';

/** A refusal of the api. `code` is stable, `message` is for people. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** The api could not be reached, or did not answer in time: the same call may be made again. */
class Unreachable extends Error {
  override readonly name = 'Unreachable';
  constructor() {
    super('The service can not be reached.');
  }
}

const withinMs = 20_000;

/** The API key, where the service asks for one. It lives as long as the tab. */
export const apiKey = signal(sessionStorage.getItem('key'));
/** The service asks for a key, or refused the one that there is. */
export const keyWanted = signal(false);

export function useKey(key: string): void {
  sessionStorage.setItem('key', key);
  apiKey.value = key;
  keyWanted.value = false;
}

type Call = { body?: unknown; headers?: Record<string, string> };

/** Calls the api. Throws `ApiRefusal` or `Unreachable`; the answer's shape is the caller's word. */
export async function call<T>(method: string, path: string, { body, headers }: Call = {}): Promise<T> {
  const response = await reach(path, {
    method,
    headers: {
      ...(apiKey.value ? { Authorization: `Bearer ${apiKey.value}` } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(withinMs),
  });
  if (response.status === 401) keyWanted.value = true;
  const answer = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  throw new ApiRefusal(
    response.status,
    answer?.code ?? 'unknown',
    answer?.detail ?? `The service answered ${response.status}.`,
  );
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch {
    throw new Unreachable();
  }
}

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
    const { items: more, next }: Page<T> = await get(`${path}?limit=1000${query}`);
    items.push(...more);
    cursor = next;
  }
  return items;
}

/** Whether the same call may succeed later: the service can't be reached, is not well or is too busy. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof ApiRefusal && (error.status >= 500 || error.status === 429));

/** What went wrong, in words for people. */
export function wordsOf(error: unknown): string {
  if (error instanceof ApiRefusal && error.status >= 500) return `${error.message} Try again in a moment.`;
  return error instanceof Error ? error.message : String(error);
}
