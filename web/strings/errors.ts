import { ApiError, type PublicError, UnreachableError } from '../../client/src/index.js';
import type { FailureCode } from '../../domain/log/failures.js';
import { errorWords } from './strings.js';

/** Codes come from the service: a newer one may send some that this page does not know. */
const find = <T>(words: Record<string, T> | undefined, code: string): T | undefined =>
  words && Object.hasOwn(words, code) ? words[code] : undefined;

/** What failed in a turn or a step, in the reader's language; else in the words of the service. */
export function failureMessage({ code, message }: PublicError): string {
  const words = errorWords();
  return words && Object.hasOwn(words.advice, code) ? words.failure(code as FailureCode) : message;
}

/** A sentence on what to do; empty where the failure's message says it. */
export function failureAdvice({ code }: PublicError): string {
  const words = errorWords();
  return find(words?.advice, code) ?? words?.tryAgain ?? '';
}

/** The message to show for a request that failed. */
export function messageOf(error: unknown): string {
  const words = errorWords();
  if (error instanceof UnreachableError && words) return words.unreachable;
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const message = find(words?.problems, error.code) ?? sentence(error.message);
  return error.status >= 500 && words ? `${message} ${words.tryAgain}` : message;
}

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);
