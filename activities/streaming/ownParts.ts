import { createOwnLines } from '../../domain/narrative/ownLines.js';
import type { SpeakerNames } from '../../domain/narrative/speakerNames.js';
import type { PartStage } from '../../llm/partStage.js';
import type { ReplyPart } from '../../llm/port.js';

type Delta = Extract<ReplyPart, { type: 'delta' }>;

export type OwnPartsOptions = {
  names: SpeakerNames;
  /** The text of the reply that earlier attempts passed on. */
  before: string;
  /** For the last part of a reply that ends before its stream. */
  model: string;
  /** Ends a response that the provider would go on to generate. */
  cancel?: ((responseId: string) => void) | undefined;
  /** The response that is resumed. */
  responseId?: string | null;
};

/**
 * The parts of a reply with only its speaker's lines (`ownLines.ts`). Where another participant's line ends the reply, the
 * last part is a `finish` without usage, and the rest of the stream is not read.
 */
export function createOwnParts(options: OwnPartsOptions): PartStage {
  let lines = createOwnLines(options.names, options.before);
  const passOn = createPassOn(() => lines.isHolding());
  let { responseId = null } = options;

  function takeDelta(part: Delta): ReplyPart[] {
    const passed = passOn(part.channel === 'text' ? { ...part, text: lines.push(part.text) } : part);
    if (!lines.hasEnded()) return passed;
    if (responseId !== null) options.cancel?.(responseId);
    return [...passed, { type: 'finish', reason: 'stop', usage: null, model: options.model }];
  }

  return (part) => {
    switch (part.type) {
      case 'delta':
        return takeDelta(part);
      case 'finish':
        return [...passOn({ type: 'delta', channel: 'text', text: lines.end() }, { isLast: true }), part];
      case 'text_was_thinking': {
        const rest = passOn({ type: 'delta', channel: 'text', text: lines.end() }, { isLast: true });
        lines = createOwnLines(options.names, '');
        return [...rest, part];
      }
      case 'response':
        responseId = part.id;
        return [part];
      case 'tool_call':
      case 'reasoning':
      case 'meta':
      case 'heartbeat':
        return [part];
    }
  };
}

/**
 * Passes deltas on. One with a number, after which another attempt resumes, waits until nothing is held back: the attempt
 * would not receive the held text again.
 */
function createPassOn(isHolding: () => boolean) {
  let waiting: Delta[] = [];
  return (delta: Delta, { isLast = false } = {}): Delta[] => {
    waiting.push(delta);
    if (delta.sequence !== undefined && isHolding() && !isLast) return [];
    const passed = waiting;
    waiting = [];
    return joined(passed);
  };
}

/** One delta for each channel, the last of them with the last number. */
function joined(deltas: Delta[]): Delta[] {
  if (deltas.length === 1) return deltas.filter(({ text }) => text !== '');
  const number = deltas.findLast(({ sequence }) => sequence !== undefined);
  const whole = (['thinking', 'text'] as const).map((channel): Delta => {
    const pieces = deltas.filter((delta) => delta.channel === channel).map(({ text }) => text);
    return { type: 'delta', channel, text: pieces.join('') };
  });
  const given = whole.filter(({ text }) => text !== '');
  const sequence = number?.sequence === undefined ? {} : { sequence: number.sequence };
  return given.map((delta, n) => (n === given.length - 1 ? { ...delta, ...sequence } : delta));
}
