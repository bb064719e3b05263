import { get, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { WebSocket } from 'ws';
import type { ViewerFrame } from '../../../domain/log/frames.js';
import { createFrameCheck, type FrameCheck } from './frameCheck.js';

export type Closed = { code: number; reason: string };

/**
 * A viewer of one connection, which collects frames and holds each against the contract. It does not use the client
 * package: tests need to see every close code and id, to stop reading, and to connect with what the package never sends.
 */
export type TestViewer = Omit<FrameCheck, 'take'> & {
  frames: ViewerFrame[];
  /** The frames of one type, in order. */
  of<T extends ViewerFrame['type']>(type: T): Extract<ViewerFrame, { type: T }>[];
  /** Resolves once the condition holds, which is looked at after every frame. Rejects after the bound. */
  until(holds: (viewer: TestViewer) => boolean, what?: string, withinMs?: number): Promise<void>;
  /** Resolves once an event of the kind is there. */
  untilEvent(kind: string, turnId?: string): Promise<void>;
  closed: Promise<Closed>;
  /** Reads nothing more until `resume`. */
  pause(): void;
  resume(): void;
  /** Server-sent events only: the ids that came, in order. */
  ids: string[];
  close(): void;
};

type Connection = Pick<TestViewer, 'pause' | 'resume' | 'close'>;
type Wiring = { take(frame: ViewerFrame, id?: string): void; ended(closed: Closed): void };

export type WatchOptions = {
  after?: number;
  key?: string;
  path?: string;
  /** Called with each frame, after it was checked. */
  onFrame?: (frame: ViewerFrame) => void;
  /** How many of the last frames are kept; left out: all. */
  keep?: number;
};

/** Watches a chat over the live socket. `base` is the api's address. */
export function watchSocket(base: string, chatId: string, options: WatchOptions = {}): TestViewer {
  const after = options.after ?? 0;
  const address = `${base.replace(/^http/, 'ws')}/v1/chats/${chatId}/live?after=${after}`;
  return createViewer(after, options, ({ take, ended }) => {
    const protocols = options.key ? ['durable-turns.v1', `bearer.${options.key}`] : [];
    const socket = new WebSocket(address, protocols, { perMessageDeflate: false });
    socket.on('message', (data) => take(JSON.parse(data.toString())));
    // 'close' follows, and says what there is to say.
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => ended({ code, reason: reason.toString() }));
    return {
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: () => socket.terminate(),
    };
  });
}

/** Watches server-sent events; `path` is any that answers with them. */
export function watchEvents(base: string, chatId: string, options: WatchOptions = {}): TestViewer {
  const after = options.after ?? 0;
  const path = options.path ?? `/v1/chats/${chatId}/events?after=${after}`;
  const headers = {
    accept: 'text/event-stream',
    ...(options.key ? { authorization: `Bearer ${options.key}` } : {}),
  };
  return createViewer(after, options, ({ take, ended }) => {
    let response: IncomingMessage | undefined;
    const parser = createParser({ onEvent: ({ data, id }) => take(JSON.parse(data), id) });
    const request = get(new URL(path, base), { headers }, (answer) => {
      response = answer;
      if (answer.statusCode !== 200) ended({ code: answer.statusCode ?? 0, reason: 'refused' });
      answer.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
      answer.on('close', () => ended({ code: answer.complete ? 1000 : 1006, reason: '' }));
    });
    request.on('error', (error) => ended({ code: 1006, reason: error.message }));
    return {
      pause: () => response?.pause(),
      resume: () => response?.resume(),
      close: () => request.destroy(),
    };
  });
}

function createViewer(after: number, options: WatchOptions, connect: (wiring: Wiring) => Connection): TestViewer {
  const { take: check, ...checked } = createFrameCheck(after);
  const frames: ViewerFrame[] = [];
  const ids: string[] = [];
  const looks = new Set<() => void>();
  let end: (closed: Closed) => void = () => undefined;
  const closed = new Promise<Closed>((resolve) => {
    end = resolve;
  });
  const connection = connect({
    take(frame, id) {
      frames.push(frame);
      if (options.keep !== undefined && frames.length > 2 * options.keep) frames.splice(0, options.keep);
      if (id !== undefined && options.keep === undefined) ids.push(id);
      check(frame);
      options.onFrame?.(frame);
      for (const look of looks) look();
    },
    ended: (how) => end(how),
  });
  const viewer: TestViewer = {
    ...checked,
    ...connection,
    frames,
    ids,
    closed,
    of: <T extends ViewerFrame['type']>(type: T) =>
      frames.filter((frame): frame is Extract<ViewerFrame, { type: T }> => frame.type === type),
    until(holds, what = 'what was waited for', withinMs = 15_000) {
      return new Promise((resolve, reject) => {
        const done = (settle: () => void) => {
          clearTimeout(timer);
          looks.delete(look);
          settle();
        };
        const look = () => holds(viewer) && done(resolve);
        const timer = setTimeout(
          () => done(() => reject(new Error(`no ${what} within ${withinMs} ms; ${describe(viewer)}`))),
          withinMs,
        );
        looks.add(look);
        look();
      });
    },
    untilEvent: (kind, turnId) =>
      viewer.until(
        () => frames.some((f) => f.type === 'event' && f.kind === kind && (!turnId || f.turnId === turnId)),
        `event ${kind}`,
      ),
  };
  return viewer;
}

function describe({ frames, cursor, violations }: TestViewer): string {
  const last = JSON.stringify(frames.at(-1))?.slice(0, 200);
  return `${frames.length} frames, cursor ${cursor()}, last ${last}, violations ${JSON.stringify(violations)}`;
}
