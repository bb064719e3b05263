import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { ToolFailed } from '../toolResult.js';

/** The part of an error's body that is searched, in UTF-16 code units. */
const MAX_SEARCHED = 4_000;

/** How servers say that they do not know the session of a request. */
const sessionWords = [
  /\b(no|not an?|without|missing|invalid|unknown|unrecognized|expired|stale|bad)( a| an| active| valid| such| or expired| mcp| mcp-)*[ -]session/i,
  /\bsession([ -]?id)?\b.{0,60}\b(not|no longer|does ?n.t|invalid|unknown|expired|terminated|closed|required|missing|gone)\b/i,
  /\b(mcp-session-id|not (yet )?initialized|before initialization|uninitialized)\b/i,
];

/** Codes with which servers refuse a request as a whole. */
const refusalCodes = [-32_000, -32_001, -32_002, -32_600];

/**
 * Whether a server over HTTP refused a request for its session, which ended or was lost with a restart. It did not run
 * the call then. `hasSession`: whether the request named a session.
 */
export function isSessionLost(error: unknown, hasSession: boolean): boolean {
  if (error instanceof SdkHttpError) {
    const { status } = error;
    if (hasSession && (status === 404 || status === 410)) return true;
    return status >= 400 && status < 500 && status !== 429 && speaksOfSession(bodyOf(error));
  }
  return (
    hasSession && error instanceof ProtocolError && refusalCodes.includes(error.code) && speaksOfSession(error.message)
  );
}

const speaksOfSession = (text: string) => sessionWords.some((words) => words.test(text.slice(0, MAX_SEARCHED)));

const unsentCodes = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** Whether the request can not have reached the server. */
export function isUnsent(error: unknown): boolean {
  if (error instanceof SdkError) return error.code === SdkErrorCode.NotConnected;
  const { message, cause } = Object(error) as { message?: unknown; cause?: { code?: unknown } };
  return message === 'Not connected' || unsentCodes.includes(String(cause?.code));
}

/** Whether the connection ended while the server worked on the request. */
export const isConnectionLost = (error: unknown): boolean =>
  error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed;

/** Whether the server did not answer in time. */
export const isTimeout = (error: unknown): boolean =>
  error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;

const errorBody = z.object({ error: z.object({ message: z.string() }) });

/** The error of a call with what the model may read of it: the server's own words, where it answered with an error. */
export function toToolFailure(error: unknown): unknown {
  if (error instanceof ProtocolError) return new ToolFailed(error.message);
  if (error instanceof SdkHttpError) {
    const body = errorBody.safeParse(parsed(bodyOf(error)));
    return body.success ? new ToolFailed(body.data.error.message) : error;
  }
  if (isConnectionLost(error))
    return new ToolFailed('The connection to the tool was lost during the call. It may have had its effect.');
  if (error instanceof SdkError && error.code === SdkErrorCode.InvalidResult)
    return new ToolFailed('The tool answered with something that is no result.');
  return error;
}

const bodyOf = ({ data }: SdkHttpError): string => (typeof data.text === 'string' ? data.text : '');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
