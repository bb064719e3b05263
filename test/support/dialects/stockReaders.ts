import { HttpAgent } from '@ag-ui/client';
import { WorkflowChatTransport } from '@ai-sdk/workflow/client';
import type OpenAI from 'openai';
import { until } from '../until.js';
import { createStockChat, type StockChat, textOf } from './stockChat.js';
import { stockOpenai } from './stockOpenai.js';

/** A reply as a stock client reads it. */
export type Reading = {
  /** What the client shows of the reply; null while its answer is not there. */
  shown(): string | null;
  /** Resolves when the stream is over or has broken. A client that connects again by itself goes on. */
  over: Promise<unknown>;
  /** Comes back as this client does, after its connection has broken. Resolves when the reply is over. */
  resume(): Promise<unknown>;
};

/** A stock client. `streams`: it shows the text as it comes. */
export type StockReader = { name: string; streams: boolean; begin(api: string, text: string): Reading };

const MAX_RETRIES = 10;

/** Stock clients of every dialect, each with its own way to come back. */
export const stockReaders: readonly StockReader[] = [
  ...([6, 7] as const).flatMap((version) => [
    { name: `Chat Completions, openai ${version}`, streams: false, begin: completionReader(version) },
    { name: `streamed Chat Completions, openai ${version}`, streams: true, begin: chunkReader(version) },
    { name: `Responses, openai ${version}`, streams: true, begin: responseReader(version) },
  ]),
  ...([5, 6, 7] as const).map((version) => ({
    name: `useChat of ai ${version}`,
    streams: true,
    begin: pageReader(version),
  })),
  { name: 'WorkflowChatTransport', streams: true, begin: workflowReader },
  { name: 'AG-UI', streams: true, begin: runReader },
];

const clientOf = (version: 6 | 7, api: string) =>
  new stockOpenai[version]({ baseURL: `${api}/openai/v1`, apiKey: 'none', maxRetries: MAX_RETRIES });

/** The client repeats its request by itself, and the key names the chat. */
function completionReader(version: 6 | 7): StockReader['begin'] {
  return (api, text) => {
    let shown: string | null = null;
    const asked = { model: 'm', messages: [{ role: 'user' as const, content: text }] };
    const answered = clientOf(version, api)
      .chat.completions.create(asked, { headers: { 'X-Conversation-Id': text } })
      .then(({ choices }) => {
        shown = choices[0]?.message.content ?? null;
      });
    return { shown: () => shown, over: answered, resume: () => answered };
  };
}

/** No client repeats a stream that has begun: its application does, and says so. */
function chunkReader(version: 6 | 7): StockReader['begin'] {
  return (api, text) => {
    let shown = '';
    const read = async (headers: object) => {
      const messages = [{ role: 'user' as const, content: text }];
      const body = { model: 'm', messages, stream: true as const };
      const stream = await clientOf(version, api).chat.completions.create(body, {
        headers: { 'X-Conversation-Id': text, ...headers },
      });
      shown = '';
      for await (const { choices } of stream) shown += choices[0]?.delta.content ?? '';
    };
    return {
      shown: () => shown,
      over: settled(read({})),
      resume: () => read({ 'x-stainless-retry-count': '1' }),
    };
  };
}

/** `retrieve` with the last number. In the end the text is that of the deltas of the items in the final output. */
function responseReader(version: 6 | 7): StockReader['begin'] {
  return (api, text) => {
    const client = clientOf(version, api);
    const texts = new Map<string, string>();
    let [id, last, newest, whole] = ['', 0, '', null as string | null];

    function take(event: OpenAI.Responses.ResponseStreamEvent) {
      last = event.sequence_number;
      if (event.type === 'response.created') id = event.response.id;
      else if (event.type === 'response.output_item.added') newest = event.item.id ?? '';
      else if (event.type === 'response.output_text.delta')
        texts.set(event.item_id, (texts.get(event.item_id) ?? '') + event.delta);
      else if (event.type === 'response.completed') whole = event.response.output.map(textOfItem).join('');
    }
    const textOfItem = ({ id: item }: { id?: string | null }) => texts.get(item ?? '') ?? `no text of ${item}`;
    async function read(stream: AsyncIterable<OpenAI.Responses.ResponseStreamEvent>) {
      for await (const event of stream) take(event);
    }
    const begin = async () => read(await client.responses.create({ model: 'm', input: text, stream: true }));
    return {
      shown: () => whole ?? texts.get(newest) ?? '',
      over: settled(begin()),
      resume: async () => read(await client.responses.retrieve(id, { stream: true, starting_after: last })),
    };
  };
}

function pageReader(version: 5 | 6 | 7): StockReader['begin'] {
  return (api, text) => {
    const page = createStockChat(version, { api: `${api}/ai-sdk/v${version}/chat`, id: text });
    return { ...shownOn(page), over: page.sendMessage({ text }), resume: () => page.resumeStream() };
  };
}

/** It connects again by itself, but not while nothing listens. */
function workflowReader(api: string, text: string): Reading {
  const patient: typeof fetch = (...request) => until('the api', () => fetch(...request).catch(() => null));
  const transport = new WorkflowChatTransport({ api: `${api}/ai-sdk/v7/chat`, fetch: patient });
  const page = createStockChat(7, { transport, id: text });
  const sent = page.sendMessage({ text });
  return { ...shownOn(page), over: sent, resume: () => sent };
}

const shownOn = (page: StockChat) => ({
  shown() {
    const last = page.messages.at(-1);
    return last?.role === 'assistant' ? textOf(last) : '';
  },
});

/** The same run again is an attach. */
function runReader(api: string, text: string): Reading {
  const agent = new HttpAgent({ url: `${api}/ag-ui`, threadId: text, fetch: quietly });
  agent.addMessage({ id: `${text}-1`, role: 'user', content: text });
  const run = () => agent.runAgent({ runId: `run of ${text}` });
  return {
    shown: () => agent.messages.map(({ role, content }) => (role === 'assistant' ? String(content) : '')).join(''),
    over: settled(run()),
    resume: run,
  };
}

/** The client cancels a body that has broken, and leaves unhandled that this throws. */
const quietly: typeof fetch = async (...request) => {
  const response = await fetch(...request);
  const reader = response.body?.getReader();
  const cancel = reader?.cancel.bind(reader);
  if (reader && cancel) reader.cancel = (reason) => cancel(reason).catch(() => undefined);
  Object.defineProperty(response, 'body', { value: { getReader: () => reader } });
  return response;
};

const settled = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);
