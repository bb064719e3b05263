import { createServer } from 'node:http';
import { through } from '../../../llm/partStage.js';
import type { ReplyProvider, Resume } from '../../../llm/port.js';
import { createReceivedParts } from '../../../llm/receivedParts.js';
import { createResponses } from '../../../llm/responses/responses.js';
import { close, eventStream, listen, sendError, sendJson } from '../../../scripts/provider/http.js';
import { someRequest } from './collectReply.js';

/** One response that a server keeps, as its events. */
export type StoredResponse = {
  events: object[];
  /** After how many events each connection ends. The last one goes to the end. */
  breaks?: number[];
  /** Whether the server gives its events no numbers. */
  unnumbered?: boolean;
  /** Whether an ended response is not streamed: then it is read whole. */
  onlyLive?: boolean;
  /** The ended response. */
  whole?: object;
};

/** A server of the Responses API with one response, which is read by one attempt after another. */
export async function startStoredResponse() {
  let stored: StoredResponse = { events: [] };
  let breaks: number[] = [];
  const asked: (number | null)[] = [];
  const server = createServer((request, to) => {
    request.resume();
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'GET' && stored.onlyLive)
      return searchParams.has('stream') ? sendError(to, 400, 'not_streaming', 'x') : sendJson(to, 200, stored.whole);
    const after = searchParams.get('starting_after');
    if (request.method === 'GET') asked.push(after === null ? null : Number(after));
    const numbered = stored.events.map((event, sequence_number) =>
      stored.unnumbered ? event : { sequence_number, ...event },
    );
    const from = after === null ? 0 : Number(after) + 1;
    to.writeHead(200, eventStream);
    // The end of the body before that of the response breaks the attempt.
    to.end(
      numbered
        .slice(from, from + (breaks.shift() ?? Number.POSITIVE_INFINITY))
        .map((event) => `data: ${JSON.stringify(event)}\n\n`)
        .join(''),
    );
  });
  const provider = createResponses({ baseUrl: `http://127.0.0.1:${await listen(server, 0)}/v1`, apiKey: 'sk' });

  /** Attempts until the reply has ended, each with what those before have stored, as the activity makes them. */
  async function play(given: StoredResponse, filter?: Resume['filter']) {
    stored = given;
    breaks = [...(given.breaks ?? [])];
    asked.length = 0;
    let kept: Kept = { text: '', thinking: '', sequence: null, moved: false };
    for (let attempt = 0; attempt <= (given.breaks?.length ?? 0); attempt++) {
      const resume = attempt === 0 ? undefined : { responseId: 'resp_1', ...kept, ...(filter ? { filter } : {}) };
      const reason = await receive(provider, kept, resume);
      if (reason !== null) return { text: kept.text, thinking: kept.thinking, reason, asked: [...asked] };
      if (kept.moved) kept = { text: '', thinking: '', sequence: null, moved: false };
    }
    throw new Error('the response has not ended');
  }
  return { play, close: () => close(server) };
}

type Kept = { text: string; thinking: string; sequence: number | null; moved: boolean };

/** Adds what one attempt receives to what is kept. Null where it breaks. */
async function receive(provider: ReplyProvider, kept: Kept, resume: Resume | undefined): Promise<string | null> {
  const options = { signal: new AbortController().signal, silenceMs: 600_000, ...(resume ? { resume } : {}) };
  try {
    for await (const part of through(provider.streamReply(someRequest, options), createReceivedParts())) {
      if (part.type === 'finish') return part.reason;
      if (part.type === 'text_was_thinking')
        Object.assign(kept, { thinking: kept.thinking + kept.text, text: '', moved: true });
      if (part.type !== 'delta') continue;
      kept[part.channel] += part.text;
      kept.sequence = part.sequence ?? kept.sequence;
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'stream_broken') throw error;
  }
  return null;
}
