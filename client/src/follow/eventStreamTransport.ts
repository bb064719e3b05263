import { keyOf, type RequestSettings } from '../requests/request.js';
import { abnormalClosure, type Transport } from './transport.js';

/** The service sends a comment every 15 s: a connection that is silent for longer is dead. Milliseconds. */
const silenceMs = 45_000;

/** The close code of the live socket for each HTTP status. */
const closeCodes: Record<number, number> = { 400: 4400, 401: 4401, 403: 4401, 404: 4404, 429: 1013, 503: 1013 };

/** Follows a chat over server-sent events, for environments without WebSocket. The frames are the same. */
export function eventStreamTransport({ fetch = globalThis.fetch, ...settings }: RequestSettings): Transport {
  const base = settings.baseUrl.replace(/\/+$/, '');
  return (chatId, cursor, { frame, lost }) => {
    const controller = new AbortController();
    let closed = false;
    const key = keyOf(settings);
    const url = `${base}/v1/chats/${encodeURIComponent(chatId)}/events?after=${cursor}`;
    const headers = { accept: 'text/event-stream', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };

    async function run(): Promise<number> {
      const response = await fetch(url, { headers, signal: controller.signal });
      if (!response.ok || !response.body) return closeCodes[response.status] ?? abnormalClosure;
      for await (const data of readEvents(response.body, () => controller.abort())) {
        if (closed) break;
        frame(JSON.parse(data));
      }
      return abnormalClosure;
    }

    run()
      .catch(() => abnormalClosure)
      .then((code) => closed || lost(code));
    return () => {
      closed = true;
      controller.abort();
    };
  };
}

/** The `data` of each server-sent event of a body. `onSilence` is called when nothing arrives for 45 s. */
export async function* readEvents(body: ReadableStream<Uint8Array>, onSilence: () => void): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const endedLines = createLineSplitter();
  let data: string[] = [];
  let timer = setTimeout(onSilence, silenceMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(onSilence, silenceMs);
      for (const line of endedLines(decoder.decode(value, { stream: true }))) {
        if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
        if (line !== '' || data.length === 0) continue;
        yield data.join('\n');
        data = [];
      }
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  }
}

/** Returns a function that takes text piece by piece and returns the lines that each piece completes. */
function createLineSplitter(): (piece: string) => string[] {
  let rest = '';
  let afterReturn = false;
  return (piece) => {
    const mayEndLine = afterReturn || /[\r\n]/.test(piece);
    if (piece !== '') afterReturn = piece.endsWith('\r');
    rest += piece;
    // An event of megabytes arrives in many pieces: splitting `rest` for each piece would take quadratic time.
    if (!mayEndLine) return [];
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    return lines;
  };
}
