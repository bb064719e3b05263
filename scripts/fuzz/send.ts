import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { FuzzRequest } from './request.js';

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer; isWhole: boolean };

/** A stream has no end: this much of it is read, in milliseconds after its headers. */
const streamMs = 150;
/**
 * Where the client asks to wait, the answer may take as long as it asks for, and a message that a model writes a minute:
 * then it is given up.
 */
const waitMs = 1_500;
const answerMs = 60_000;
const maxAnswerBytes = 16 * 1024 * 1024;

export type Send = (request: Pick<FuzzRequest, 'method' | 'path' | 'headers' | 'body'>) => Promise<Answer | null>;

/** Sends requests as they are. Resolves with null where the answer was given up; rejects where none came. */
export function createSend(base: string): { send: Send; close(): void } {
  const { hostname, port } = new URL(base);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const send: Send = ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const sent = { ...headers, ...(body ? { 'content-length': String(body.length) } : {}) };
      const outgoing = httpRequest({ host: hostname, port, agent, method, path, headers: sent });
      const isWaiting = /wait/.test(headers.prefer ?? '') || path.endsWith('/impersonate');
      const askedMs = Number(/^wait=(\d{1,2})$/.exec(headers.prefer ?? '')?.[1] ?? 0) * 1_000;
      const timer = setTimeout(
        () => {
          outgoing.destroy();
          if (isWaiting) resolve(null);
          else reject(new Error(`no answer within ${answerMs / 1_000} s`));
        },
        isWaiting ? waitMs + askedMs : answerMs,
      );
      outgoing.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const done = (isWhole: boolean) => {
          clearTimeout(timer);
          clearTimeout(streaming);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
            isWhole,
          });
          if (!isWhole) outgoing.destroy();
        };
        const isStream = /event-stream/.test(response.headers['content-type'] ?? '');
        const streaming = isStream ? setTimeout(done, streamMs, false) : undefined;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= maxAnswerBytes) chunks.push(chunk);
          else done(false);
        });
        response.on('end', () => done(true));
        response.on('error', () => done(false));
      });
      outgoing.end(body ?? undefined);
    });
  return { send, close: () => agent.destroy() };
}
