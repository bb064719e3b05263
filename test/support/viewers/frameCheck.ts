import { type Channel, type ViewerFrame, viewerFrame } from '../../../domain/log/frames.js';

type Draft = { epoch: number; text: string; thinking: string };
type EventFrame = Extract<ViewerFrame, { type: 'event' }>;
type Spoken = Extract<ViewerFrame, { type: 'draft' | 'token' }>;

/** Holds each frame of one connection against the contract, and keeps what a viewer has on screen. */
export type FrameCheck = {
  take(frame: ViewerFrame): void;
  /** What broke the contract, in words. */
  violations: string[];
  /** The newest seq that was received, or the cursor that the viewer came with. */
  cursor(): number;
  /** The tokens of the last epoch, joined. */
  text(turnId: string, beat?: number, channel?: Channel): string;
  epoch(turnId: string, beat?: number): number;
};

export function createFrameCheck(after: number): FrameCheck {
  const violations: string[] = [];
  const drafts = new Map<string, Draft>();
  const landed = new Set<string>();
  let newest = -1;
  let cursor = after;
  const keyOf = (frame: { turnId: string | null; beat: number }) => `${frame.turnId}:${frame.beat}`;

  function onSpoken(frame: Spoken) {
    const key = keyOf(frame);
    if (landed.has(key)) violations.push(`${frame.type} of ${key} after its assistant_turn`);
    const draft = drafts.get(key) ?? { epoch: frame.epoch, text: '', thinking: '' };
    if (frame.type === 'draft' && draft[frame.channel] !== '') violations.push(`a draft of ${key} after its tokens`);
    if (frame.epoch !== draft.epoch) violations.push(`${frame.type} of epoch ${frame.epoch} in epoch ${draft.epoch}`);
    const has = draft[frame.channel].length;
    if (frame.offset !== has) violations.push(`${frame.type} of ${key} at ${frame.offset}, the draft has ${has}`);
    draft[frame.channel] += frame.text;
    drafts.set(key, draft);
  }

  function onEvent(frame: EventFrame) {
    if (frame.seq !== cursor + 1) violations.push(`event ${frame.seq} after ${cursor}`);
    cursor = frame.seq;
    if (frame.kind !== 'assistant_turn') return;
    const { beat, text } = frame.data;
    const key = keyOf({ turnId: frame.turnId, beat });
    const told = drafts.get(key)?.text;
    if (told === undefined ? frame.seq > newest && text !== '' : told !== text) {
      violations.push(`${key} was told ${told?.length ?? 'none'} of the ${text.length} characters of its text`);
    }
    landed.add(key);
  }

  function onRestart(frame: Extract<ViewerFrame, { type: 'restart' }>) {
    const known = drafts.get(keyOf(frame));
    if (known && frame.epoch <= known.epoch) violations.push(`restart to ${frame.epoch} in epoch ${known.epoch}`);
    drafts.set(keyOf(frame), { epoch: frame.epoch, text: '', thinking: '' });
  }

  return {
    violations,
    take(frame) {
      const { error } = viewerFrame.safeParse(frame);
      if (error) violations.push(`${frame.type} is not as its schema says: ${error.message.slice(0, 500)}`);
      if (newest < 0 && frame.type !== 'hello') violations.push(`${frame.type} before hello`);
      if (frame.type === 'hello') newest = frame.seq;
      if (frame.type === 'event') onEvent(frame);
      if (frame.type === 'restart') onRestart(frame);
      if (frame.type === 'token' || frame.type === 'draft') onSpoken(frame);
    },
    cursor: () => cursor,
    text: (turnId, beat = 0, channel = 'text') => drafts.get(keyOf({ turnId, beat }))?.[channel] ?? '',
    epoch: (turnId, beat = 0) => drafts.get(keyOf({ turnId, beat }))?.epoch ?? 0,
  };
}
