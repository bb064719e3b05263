import type { Mutation, Named } from './mutation.js';

const drafts = (name: string): Named => ({
  project: 'integration',
  file: 'test/integration/turns/drafts.test.ts',
  name,
});
const anOlderAttempt = drafts('refuse checkpoints, an epoch and a reply of an older attempt');

/** Safeguards of replies while they stream and land. */
export const replies: Mutation[] = [
  {
    name: 'the fence of a reply that lands',
    file: 'db/streaming/landReply.ts',
    replace: [["if (draft?.fence !== fence) return 'superseded';", "if (!draft) return 'superseded';"]],
    test: anOlderAttempt,
  },
  {
    name: 'the fence of checkpoints',
    file: 'db/streaming/checkpoints.ts',
    replace: [
      [
        `select d.turn_id, d.beat, d.fence from drafts d
       where d.status = 'streaming'
         and (d.turn_id, d.beat, d.fence) in (select turn_id, beat, fence from input)
       order by d.turn_id, d.beat for no key update`,
        `select d.turn_id, d.beat, i.fence from drafts d join input i using (turn_id, beat)
       where d.status = 'streaming'
       order by d.turn_id, d.beat for no key update of d`,
      ],
    ],
    test: anOlderAttempt,
  },
  {
    name: 'the fence of tokens on the wire',
    file: 'viewers/gateway/draftState.ts',
    replace: [
      [
        "return status !== 'landed' && attempt.fence >= fence && attempt.epoch >= epoch;",
        "return status !== 'landed' && attempt.epoch >= epoch;",
      ],
    ],
    test: {
      project: 'unit',
      file: 'viewers/gateway/draftBuffer.test.ts',
      name: 'of an older fence is refused, whatever its epoch',
    },
  },
  {
    name: "the look for a reply's effect",
    file: 'db/streaming/landReply.ts',
    replace: [
      ['    if (landed) return landed;\n    if (!locked) return goneVerdict;', '    if (!locked) return goneVerdict;'],
    ],
    test: drafts('let a reply land once, and a repeated landing returns the first result'),
  },
  {
    name: "the draft's epoch",
    file: 'activities/streaming/draftWriter.ts',
    replace: [
      ['let ownEpoch = continuesEpoch ? start.epoch : start.epoch + 1;', 'let ownEpoch = Math.max(1, start.epoch);'],
    ],
    test: {
      project: 'integration',
      file: 'test/integration/worker/twoWorkers.test.ts',
      name: 'a frozen worker that continues after another took its reply over writes nothing',
    },
  },
  {
    name: "the number of a response's newest kept event",
    file: 'db/streaming/leases.ts',
    replace: [['set response_seq = case when response_id = $4 then response_seq end,', 'set response_seq = null,']],
    test: {
      project: 'integration',
      file: 'test/integration/provider/resumedResponse.test.ts',
      name: 'naming a response again keeps the number of the newest kept event, and another response has none',
    },
  },
  {
    name: 'the epoch of a response',
    file: 'activities/streaming/resumePoint.ts',
    replace: [['    epoch === (responseEpoch ?? epoch) &&\n', '']],
    test: {
      project: 'integration',
      file: 'test/integration/provider/resumedResponse.test.ts',
      name: 'a response that was begun in place of another one is read into a new epoch',
    },
  },
  {
    name: "the draft's epoch, when a reply is closed",
    file: 'db/streaming/landReply.ts',
    replace: [['landsAs: settled ? epoch : epoch + 1,', 'landsAs: epoch,']],
    test: drafts('are raised when the reply is closed after a lost attempt, which may have sent more'),
  },
  {
    name: 'the drain',
    file: 'worker/drain/drain.ts',
    replace: [['timer = setTimeout(handOver, seconds * 1_000);', 'timer = setTimeout(handOver, 0);']],
    test: {
      project: 'integration',
      file: 'test/integration/worker/drain.test.ts',
      name: 'finishes its reply with one request to the provider, and exits as soon as the reply has ended',
    },
  },
];
