import { expect, test } from '@jest/globals';
import type { LandedBeat, TurnEnd } from './mark.js';
import { type Outcome, outcomeOf } from './outcome.js';

const error = (code: string) => ({ code, message: 'It failed.' });
const beat = (more: Partial<LandedBeat> = {}): LandedBeat => ({
  beat: 0,
  speakerId: 's',
  text: 'Yes.',
  truncated: false,
  model: 'm',
  seq: 3,
  at: '2026-01-01T00:00:00.000Z',
  ...more,
});
const cutWith = (code: string) => beat({ truncated: true, error: error(code) });
const failed: TurnEnd = { status: 'failed', error: error('provider_error') };

test.each<[what: string, end: TurnEnd, beats: LandedBeat[], outcome: Outcome]>([
  ['a whole reply is whole', { status: 'completed' }, [beat()], { how: 'whole' }],
  ['a turn that waits has no end yet', { status: 'waiting' }, [], { how: 'waiting' }],
  ['a long reply is cut', { status: 'completed' }, [cutWith('length')], { how: 'cut', cut: 'length' }],
  ['a reply out of time is cut', { status: 'completed' }, [cutWith('reply_timeout')], { how: 'cut', cut: 'length' }],
  [
    'a filtered reply is cut',
    { status: 'completed' },
    [cutWith('content_filter')],
    { how: 'cut', cut: 'content_filter' },
  ],
  [
    'an agent out of iterations is cut',
    { status: 'completed' },
    [cutWith('max_iterations')],
    { how: 'cut', cut: 'length' },
  ],
  ['it is so after its turn has failed', failed, [cutWith('max_iterations')], { how: 'cut', cut: 'length' }],
  [
    'a reply with another code has failed',
    { status: 'completed' },
    [cutWith('x')],
    { how: 'failed', error: error('x') },
  ],
  [
    'a filtered reply of which nothing is kept is cut',
    { status: 'completed', error: error('content_filter') },
    [],
    { how: 'cut', cut: 'content_filter' },
  ],
  ['a turn without a reply has failed', failed, [], { how: 'failed', error: failed.error! }],
  ['a stopped reply is stopped', { status: 'cancelled' }, [beat({ truncated: true })], { how: 'stopped' }],
  [
    'a stopped reply is so before its turn ends',
    { status: 'completed' },
    [beat({ truncated: true })],
    { how: 'stopped' },
  ],
])('%s', (_, end, beats, outcome) => expect(outcomeOf(end, beats)).toEqual(outcome));
