import { describe, expect, it } from '@jest/globals';
import type { TokenFrame, ViewerFrame } from '../../../domain/log/frames.js';
import { createTurnPrinter } from '../../../scripts/turn/turnPrinter.js';

const token = (epoch: number, offset: number, text: string, rest: Partial<TokenFrame> = {}): ViewerFrame => ({
  type: 'token',
  turnId: 'turn_1',
  beat: 0,
  epoch,
  speakerId: 'chr_1',
  channel: 'text',
  offset,
  text,
  ...rest,
});

const event = (seq: number, kind: string, data: object): ViewerFrame =>
  ({ type: 'event', seq, kind, turnId: 'turn_1', at: '2026-01-01T00:00:00.000Z', data }) as unknown as ViewerFrame;

const landed = (text: string) => event(5, 'assistant_turn', { text, beat: 0, truncated: false });

function printed(frames: ViewerFrame[]): string {
  let out = '';
  const printer = createTurnPrinter('turn_1', (text) => {
    out += text;
  });
  for (const frame of frames) printer.frame(frame);
  return out;
}

describe('npm run turn', () => {
  it('prints tokens as they arrive, and nothing twice when the reply lands', () => {
    expect(printed([token(1, 0, 'Good '), token(1, 5, 'evening.'), landed('Good evening.')])).toBe('Good evening.');
  });

  it('prints lost tokens from the log', () => {
    expect(printed([token(1, 0, 'Good '), landed('Good evening.')])).toBe('Good evening.');
  });

  it('prints only the new part of a draft that overlaps', () => {
    const draft = { ...token(1, 0, 'Good evening'), type: 'draft' } as ViewerFrame;
    expect(printed([token(1, 0, 'Good '), draft, token(1, 12, '.')])).toBe('Good evening.');
  });

  it('marks where a draft is dropped, and starts over', () => {
    const restart: ViewerFrame = { type: 'restart', turnId: 'turn_1', beat: 0, epoch: 2, reason: 'provider_failed' };
    const out = printed([token(1, 0, 'Goo'), restart, token(2, 0, 'Hello.')]);
    expect(out).toBe('Goo\n[provider_failed; the reply starts over]\nHello.');
  });

  it('ignores thinking, older drafts and other turns', () => {
    const frames = [
      token(1, 0, 'hm', { channel: 'thinking' }),
      token(2, 0, 'Hello'),
      token(1, 0, 'late'),
      token(2, 0, 'other', { turnId: 'turn_2' }),
    ];
    expect(printed(frames)).toBe('Hello');
  });

  it('returns how the turn ended', () => {
    const printer = createTurnPrinter('turn_1', () => undefined);
    expect(printer.frame(landed('x'))).toBeNull();
    expect(printer.frame(event(6, 'turn_completed', { status: 'failed' }))).toMatchObject({ status: 'failed' });
  });
});
