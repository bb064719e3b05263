import type { LandedBeat, Mark, MarkItem, TurnEnd } from '../../../domain/marks/mark.js';
import { type Cut, outcomeOf } from '../../../domain/marks/outcome.js';
import type { SseMessage } from '../core/sseOutput.js';

/** The versions of the AI SDK whose streams differ. They can not be told apart on the wire. */
export type AiSdkVersion = 5 | 6 | 7;

export type UiChunk = { type: string } & Record<string, unknown>;

export type UiChunkOptions = {
  version: AiSdkVersion;
  /** The id of the message: that of its turn. */
  messageId: string;
  /** Items that the client's message has already: it continues after a person's decision. */
  has?: ReadonlySet<string>;
  /** How many chunks the client has of the stream, after which it lost the connection. All of the text is sent again. */
  received?: number;
  /**
   * The reply is one step. A client that connects again can drop only its last step, and only the client knows which that
   * is.
   */
  inOneStep?: boolean;
};

type Shown = { item: MarkItem; text: string; closed: boolean };

/** The chunks of a UI message stream for the marks of its turn. One stream is one message; two beats are two steps. */
export function createUiChunks(options: UiChunkOptions): (marks: readonly Mark[]) => SseMessage[] {
  const { version, messageId, has = new Set(), received = 0, inOneStep = false } = options;
  const isInStep = received > 0;
  /** The items of the open step, in their order; null while none is open. */
  let step: Shown[] | null = null;
  let beats: LandedBeat[] = [];
  let callsClient = false;
  /** Calls that the client has. */
  const called = new Set<string>();

  const shownOf = ({ ordinal }: MarkItem) => step?.find(({ item }) => item.ordinal === ordinal);

  /** Whether a step begins with an item. A client that continues its message has its last step open. */
  function begins(item: MarkItem): boolean {
    if (!step) return !isInStep && (has.size === 0 || (!inOneStep && item.kind !== 'result'));
    const last = step.at(-1)?.item;
    if (inOneStep || !last) return false;
    return last.beat !== item.beat || (last.kind === 'result' && item.kind !== 'result');
  }

  function open(item: MarkItem): UiChunk[] {
    if (item.kind === 'call' && item.isClients) callsClient = true;
    const isNext = begins(item);
    const chunks: UiChunk[] = isNext ? [...(step ? [{ type: 'finish-step' }] : []), { type: 'start-step' }] : [];
    if (isNext || !step) step = [];
    step.push({ item, text: '', closed: false });
    return [...chunks, ...itemStart(item, version)];
  }

  function opened(): UiChunk[] {
    if (!isInStep) return [{ type: 'start', messageId }];
    return version < 7 ? [restartPart([])] : [{ type: 'reset-step' }];
  }

  function voided(items: readonly MarkItem[]): UiChunk[] {
    const gone = new Set(items.map(({ ordinal }) => ordinal));
    const left = step?.filter(({ item }) => !gone.has(item.ordinal)) ?? [];
    if (!step || left.length === step.length) return [];
    step = left;
    if (version < 7) return [restartPart(items)];
    return [{ type: 'reset-step' }, ...left.flatMap((shown) => whole(shown, version))];
  }

  function approval(calls: Extract<Mark, { type: 'approval' }>['calls']): UiChunk[] {
    return calls.flatMap(({ callId, ...call }): UiChunk[] => {
      if (version === 5) return [{ type: 'data-approval', id: callId, data: { callId, ...call } }];
      // A call of a delegated agent is no item of this turn, and a client refuses an approval without its call.
      const unseen = called.has(callId) ? [] : callStart({ callId, ...call, isClients: false });
      return [...unseen, { type: 'tool-approval-request', approvalId: callId, toolCallId: callId }];
    });
  }

  function chunksOf(mark: Mark): UiChunk[] {
    switch (mark.type) {
      case 'opened':
        return opened();
      case 'itemOpened':
        if (mark.item.kind === 'call') called.add(mark.item.callId);
        return has.has(mark.item.key) ? [] : open(mark.item);
      case 'text': {
        const shown = shownOf(mark.item);
        if (!shown) return [];
        shown.text += mark.text;
        return [textDelta(mark.item, mark.text)];
      }
      case 'itemClosed': {
        const shown = shownOf(mark.item);
        if (!shown) return [];
        shown.closed = true;
        return itemEnd(mark.item);
      }
      case 'voided':
        return voided(mark.items);
      case 'beatLanded':
        beats = [...beats, mark.beat];
        return [];
      case 'approval':
        return approval(mark.calls);
      case 'ended':
        return [...(step ? [{ type: 'finish-step' }] : []), ...endOf(mark.end, beats, callsClient)];
    }
  }
  return (marks) => marks.flatMap(chunksOf).map((data) => ({ data }));
}

/** Clients before version 7 can't take parts back. An application that knows this part can hide what came before it. */
const restartPart = (items: readonly MarkItem[]): UiChunk => ({
  type: 'data-restart',
  data: { parts: items.map(({ key }) => key) },
});

const tool = { dynamic: true, providerExecuted: true };

function itemStart(item: MarkItem, version: AiSdkVersion): UiChunk[] {
  switch (item.kind) {
    case 'text':
      return [{ type: 'text-start', id: item.key }];
    case 'thinking':
      return [{ type: 'reasoning-start', id: item.key }];
    case 'call':
      return callStart(item);
    case 'result':
      return [resultChunk(item, version)];
  }
}

function callStart({
  callId,
  name,
  arguments: input,
  isClients,
}: Pick<Extract<MarkItem, { kind: 'call' }>, 'callId' | 'name' | 'arguments' | 'isClients'>): UiChunk[] {
  const call = { toolCallId: callId, toolName: name, ...(isClients ? { dynamic: true } : tool) };
  return [
    { type: 'tool-input-start', ...call },
    { type: 'tool-input-available', ...call, input: input ?? {} },
  ];
}

const DENIED = /^approval_denied\b/;

function resultChunk(
  { callId, content, success }: Extract<MarkItem, { kind: 'result' }>,
  version: AiSdkVersion,
): UiChunk {
  if (version > 5 && isDenied({ content, success })) return { type: 'tool-output-denied', toolCallId: callId };
  const call = { toolCallId: callId, ...tool };
  return success
    ? { type: 'tool-output-available', ...call, output: content }
    : { type: 'tool-output-error', ...call, errorText: content };
}

export const isDenied = ({ content, success }: { content: string; success: boolean }): boolean =>
  !success && DENIED.test(content);

const textDelta = ({ kind, key }: MarkItem, delta: string): UiChunk => ({
  type: kind === 'thinking' ? 'reasoning-delta' : 'text-delta',
  id: key,
  delta,
});

function itemEnd({ kind, key }: MarkItem): UiChunk[] {
  switch (kind) {
    case 'text':
      return [{ type: 'text-end', id: key }];
    case 'thinking':
      return [{ type: 'reasoning-end', id: key }];
    case 'call':
    case 'result':
      return [];
  }
}

/** An item that stays when its step is reset. */
function whole({ item, text, closed }: Shown, version: AiSdkVersion): UiChunk[] {
  const said = text === '' ? [] : [textDelta(item, text)];
  return [...itemStart(item, version), ...said, ...(closed ? itemEnd(item) : [])];
}

const cutReasons: Record<Cut, string> = { length: 'length', content_filter: 'content-filter' };

/** Every stream ends with `finish`, also after an error and a stop. */
function endOf(end: TurnEnd, beats: readonly LandedBeat[], callsClient: boolean): UiChunk[] {
  const outcome = outcomeOf(end, beats);
  const finish = (finishReason: string): UiChunk => ({ type: 'finish', finishReason });
  switch (outcome.how) {
    case 'waiting':
      return [finish('tool-calls')];
    case 'failed':
      return [{ type: 'error', errorText: outcome.error?.message ?? 'The turn failed.' }, finish('error')];
    case 'cut':
      return [finish(cutReasons[outcome.cut])];
    case 'stopped':
      return [{ type: 'abort' }, finish('other')];
    case 'whole':
      return [finish(callsClient ? 'tool-calls' : 'stop')];
  }
}
