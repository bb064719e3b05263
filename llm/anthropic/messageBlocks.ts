import type { ServerFields, ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { ReplyPart } from '../port.js';
import { MAX_ARGUMENTS, MAX_CALLS, MAX_REPLY_UNITS } from '../replyLimits.js';
import { MAX_BLOCKS, type MessageBlock, type MessageEvent } from './messageEvents.js';

/** Assembles the blocks of one message from its events. Throws `reply_too_large` beyond the limits of a reply. */
export type MessageBlocks = {
  /** A block that begins, or a whole one. Gives its text so far. */
  begin(index: number, block: MessageBlock): ReplyPart[];
  /** A piece of a block. One without a beginning begins a block of its own kind. */
  add(index: number, delta: NonNullable<MessageEvent['delta']>): ReplyPart[];
  /** The blocks as they go back to the provider, in their order. Blank texts are left out, as the API refuses them. */
  content(): ServerFields[];
  reasoning(): ServerFields[];
  calls(): ToolCallRequest[];
};

type Open = { block: MessageBlock; json: string; citations: unknown[] };

const channels = { text: 'text', thinking: 'thinking' } as const;
const isChannel = (type: string): type is keyof typeof channels => Object.hasOwn(channels, type);

/** The block that a piece without a beginning belongs to. */
const kinds: Record<string, string> = { text_delta: 'text', thinking_delta: 'thinking', signature_delta: 'thinking' };

export function createMessageBlocks(): MessageBlocks {
  const blocks: Open[] = [];
  const current = new Map<number, Open>();
  let units = 0;
  let argumentUnits = 0;

  function spend(length: number): void {
    units += length;
    if (units > MAX_REPLY_UNITS) throw new TurnFailure('reply_too_large');
  }

  function open(index: number, block: MessageBlock): Open {
    if (blocks.length >= MAX_BLOCKS) throw new TurnFailure('reply_too_large');
    const opened: Open = { block: { ...block }, json: '', citations: [] };
    blocks.push(opened);
    current.set(index, opened);
    return opened;
  }

  /** Adds to a field that is a text. */
  function append(to: Open, name: 'text' | 'thinking' | 'signature', piece: string): void {
    spend(piece.length);
    const before = to.block[name];
    to.block[name] = (typeof before === 'string' ? before : '') + piece;
  }

  return {
    begin(index, block) {
      spend(sizeOf(block));
      const { block: begun } = open(index, block);
      const said = isChannel(begun.type) ? begun[begun.type] : null;
      return isChannel(begun.type) && typeof said === 'string' ? deltaOf(begun.type, said) : [];
    },
    add(index, delta) {
      const kind = kinds[delta.type ?? ''];
      const to = current.get(index) ?? (kind ? open(index, { type: kind }) : null);
      if (!to) return [];
      if (delta.signature) append(to, 'signature', delta.signature);
      if (delta.citation !== undefined) {
        spend(sizeOf(delta.citation));
        to.citations.push(delta.citation);
      }
      if (delta.partial_json) {
        spend(delta.partial_json.length);
        argumentUnits += delta.partial_json.length;
        if (argumentUnits > MAX_ARGUMENTS) throw new TurnFailure('reply_too_large');
        to.json += delta.partial_json;
      }
      const { type } = to.block;
      const piece = isChannel(type) ? delta[type] : null;
      if (!isChannel(type) || !piece) return [];
      append(to, type, piece);
      return deltaOf(type, piece);
    },
    content: () => blocks.map(whole).filter(({ type, text }) => type !== 'text' || !isBlank(text)),
    reasoning: () => blocks.filter(({ block }) => isReasoning(block)).map(({ block }) => block),
    calls() {
      const asked = blocks.filter(({ block }) => block.type === 'tool_use');
      if (asked.length > MAX_CALLS) throw new TurnFailure('reply_too_large');
      return asked.flatMap((each) => toCall(each) ?? []);
    },
  };
}

const deltaOf = (channel: 'text' | 'thinking', text: string): ReplyPart[] =>
  text === '' ? [] : [{ type: 'delta', channel, text }];

const isReasoning = ({ type }: MessageBlock) => type === 'thinking' || type === 'redacted_thinking';

const isBlank = (text: unknown): boolean => typeof text !== 'string' || text.trim() === '';

/** A call's arguments arrive in pieces, or with its beginning. */
function toCall({ block, json }: Open): ToolCallRequest | null {
  const { id, name } = block;
  if (typeof name !== 'string' || name === '') return null;
  return { id: typeof id === 'string' ? id : '', name, arguments: json || asJson(block.input) };
}

function asJson(input: unknown): string {
  if (typeof input === 'string') return input;
  return typeof input === 'object' && input !== null ? JSON.stringify(input) : '{}';
}

function whole({ block, json, citations }: Open): ServerFields {
  return {
    ...block,
    ...(json ? { input: parsed(json) } : {}),
    ...(citations.length > 0 ? { citations } : {}),
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

/** The size of JSON from outside, which is parsed and thus bounded. */
function sizeOf(value: unknown): number {
  try {
    return JSON.stringify(value)?.length ?? 0;
  } catch {
    // Nested too deeply to be serialised: it can't be stored or sent back.
    throw new TurnFailure('stream_broken');
  }
}
