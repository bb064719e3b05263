import { WebSocket } from 'ws';
import type { ChatEvent } from '../../../domain/log/events.js';
import type { ViewerFrame } from '../../../domain/log/frames.js';

type Draft = { epoch: number; text: string };

export type FollowingViewer = {
  chatId: string;
  /** Every frame of every connection, in order of arrival. */
  frames: ViewerFrame[];
  /** What broke the contract: a gap, a repeat, a token that does not fit, a draft that is not the event's text. */
  violations: string[];
  connections(): number;
  cursor(): number;
  /** What this viewer has on screen for the beat: the event's text once it is there, else the draft's. */
  text(turnId: string, beat?: number): string;
  /** Resolves when the condition holds, looked at after each frame. */
  until(what: string, holds: () => boolean, timeoutMs?: number): Promise<void>;
  untilText(turnId: string, length: number, timeoutMs?: number): Promise<void>;
  untilEnd(turnId: string, timeoutMs?: number): Promise<void>;
  close(): void;
};

const final = new Set([1000, 4400, 4401, 4404]);

/**
 * A viewer as a good client is: it keeps a cursor, connects anew with it whenever it loses its connection, and
 * holds every frame against the contract.
 */
export function followChat(
  api: string,
  chatId: string,
  options: { after?: number; protocols?: string[] } = {},
): FollowingViewer {
  const frames: ViewerFrame[] = [];
  const violations: string[] = [];
  const landed = new Map<string, string>();
  const ended = new Set<string>();
  let drafts = new Map<string, Draft>();
  let cursor = options.after ?? 0;
  let connections = 0;
  let closed = false;
  let socket: WebSocket;
  const waiting = new Set<() => void>();

  const violate = (what: string) => violations.push(`${what} (frame ${frames.length}, connection ${connections})`);
  const keyOf = (frame: { turnId: string | null; beat: number }) => `${frame.turnId}:${frame.beat}`;

  function onEvent(event: Pick<ChatEvent, 'seq' | 'kind' | 'turnId' | 'data'>): void {
    if (event.seq !== cursor + 1) violate(`event ${event.seq} after ${cursor}`);
    cursor = event.seq;
    if (event.kind === 'turn_completed' && event.turnId) ended.add(event.turnId);
    if (event.kind !== 'assistant_turn') return;
    const data = event.data as { beat: number; text: string };
    const key = keyOf({ turnId: event.turnId, beat: data.beat });
    const draft = drafts.get(key);
    if (draft && draft.text !== data.text) {
      violate(`the draft has ${draft.text.length} characters, its assistant_turn ${data.text.length}`);
    }
    landed.set(key, data.text);
    drafts.delete(key);
  }

  function onToken(token: Extract<ViewerFrame, { type: 'token' }>): void {
    if (token.channel !== 'text') return;
    const draft = drafts.get(keyOf(token)) ?? { epoch: token.epoch, text: '' };
    if (token.epoch !== draft.epoch) violate(`token of epoch ${token.epoch} in a draft of ${draft.epoch}`);
    if (token.offset !== draft.text.length) violate(`token at ${token.offset}, draft has ${draft.text.length}`);
    drafts.set(keyOf(token), { epoch: token.epoch, text: draft.text + token.text });
  }

  function onFrame(frame: ViewerFrame): void {
    frames.push(frame);
    switch (frame.type) {
      case 'event':
        onEvent(frame as unknown as ChatEvent);
        return;
      case 'draft':
        if (frame.channel === 'text') drafts.set(keyOf(frame), { epoch: frame.epoch, text: frame.text });
        return;
      case 'token':
        onToken(frame);
        return;
      case 'restart':
        drafts.set(keyOf(frame), { epoch: frame.epoch, text: '' });
        return;
      case 'error':
        violations.push(`error frame ${frame.code}`);
        return;
      case 'hello':
      case 'status':
      case 'heartbeat':
        return;
    }
  }

  function connect(): void {
    connections += 1;
    drafts = new Map();
    const address = `${api.replace(/^http/, 'ws')}/v1/chats/${chatId}/live?after=${cursor}`;
    socket = new WebSocket(address, options.protocols ?? []);
    socket.on('message', (data) => {
      onFrame(JSON.parse(String(data)) as ViewerFrame);
      for (const look of waiting) look();
    });
    // The close that follows an error is what brings the next connection.
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      if (!closed && !final.has(code)) setTimeout(() => closed || connect(), 50);
      else if (!closed) violations.push(`closed with ${code}`);
    });
  }

  function until(what: string, holds: () => boolean, timeoutMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!holds()) return;
        settle();
        resolve();
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`no ${what} within ${timeoutMs} ms; ${describe()}`));
      }, timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  }

  const describe = () =>
    `connections ${connections}, cursor ${cursor}, frames ${frames.length}, last ${JSON.stringify(frames.at(-1))?.slice(0, 300)}`;
  const text = (turnId: string, beat = 0) => {
    const key = keyOf({ turnId, beat });
    return landed.get(key) ?? drafts.get(key)?.text ?? '';
  };

  connect();
  return {
    chatId,
    frames,
    violations,
    connections: () => connections,
    cursor: () => cursor,
    text,
    until,
    untilText: (turnId, length, timeoutMs) =>
      until(`text of ${length} characters`, () => text(turnId).length >= length, timeoutMs),
    untilEnd: (turnId, timeoutMs) => until(`end of ${turnId}`, () => ended.has(turnId), timeoutMs),
    close() {
      closed = true;
      socket.terminate();
    },
  };
}
