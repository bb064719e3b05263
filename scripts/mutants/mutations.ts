/** The removal of a safeguard: exact texts of the source and their replacements. */
export type Mutation = {
  name: string;
  file: string;
  replace: readonly (readonly [from: string, to: string])[];
  /** The test that must fail without the safeguard. */
  test: Named;
};

export type Named = { project: 'unit' | 'integration' | 'e2e'; file: string; name: string };

const drafts = (name: string): Named => ({
  project: 'integration',
  file: 'test/integration/turns/drafts.test.ts',
  name,
});
const anOlderAttempt = drafts('refuse checkpoints, an epoch and a reply of an older attempt');

export const mutations: Mutation[] = [
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
    name: 'the idempotency key of a request',
    file: 'domain/turns/decideClaim.ts',
    replace: [['if (repeated) return decideRepeat(requestHash, repeated);', '']],
    test: {
      project: 'integration',
      file: 'test/integration/turns/claims.test.ts',
      name: 'by twenty posts with one key makes one turn',
    },
  },
  {
    name: 'the idempotency key of an effect',
    file: 'db/migrations/0001_spine.sql',
    replace: [
      [
        'create unique index events_once on events (chat_id, turn_id, step, n) nulls not distinct;',
        'create index events_once on events (chat_id, turn_id, step, n);',
      ],
    ],
    test: {
      project: 'integration',
      file: 'test/integration/turns/effectsOnce.test.ts',
      name: 'an effect whose key is in the log is refused, and leaves the log and its projections as they were',
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
    replace: [['const epoch = draft.settled ? draft.epoch : draft.epoch + 1;', 'const epoch = draft.epoch;']],
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
  {
    name: "the check of a stored provider's addresses",
    file: 'lib/providerAddress.ts',
    replace: [['    checkAddress(parsed, place, rules);\n', '']],
    test: {
      project: 'unit',
      file: 'lib/providerAddress.test.ts',
      name: 'is refused when one of its addresses is in a private network',
    },
  },
  {
    name: "the check of a webhook's address",
    file: 'lib/postToOwner.ts',
    replace: [['  checkSpelledHost(target, addresses);\n', '']],
    test: {
      project: 'unit',
      file: 'lib/postToOwner.test.ts',
      name: 'sends nothing to an address that is not allowed',
    },
  },
  {
    name: 'the outbox of webhooks in the statement of an append',
    file: 'db/timeline/log.ts',
    replace: [['added.kind = any(w.events)', 'false']],
    test: {
      project: 'integration',
      file: 'test/integration/api/webhooks.test.ts',
      name: 'takes as many statements with webhooks as without, and puts only events of their kinds into the outbox',
    },
  },
  {
    name: 'the places that are kept for other owners',
    file: 'worker/places/places.ts',
    replace: [['Math.min(perOwner, SHARE * (free - 1));', 'perOwner + free;']],
    test: {
      project: 'unit',
      file: 'worker/places/places.test.ts',
      name: 'are left for a fourth owner when three owners ask for more than there are',
    },
  },
  {
    name: 'the count of attempts that fail on our side',
    file: 'activities/failure.ts',
    replace: [["  return new TurnFailure('internal', { cause: error, usage });", '  return null;']],
    test: {
      project: 'integration',
      file: 'test/integration/provider/hostileProvider.test.ts',
      name: 'when a reply cannot be stored',
    },
  },
  {
    name: 'the limits of a reply',
    file: 'llm/receivedParts.ts',
    replace: [["      if (left[of] < 0) throw new TurnFailure('reply_too_large');", '']],
    test: {
      project: 'unit',
      file: 'llm/receivedParts.test.ts',
      name: 'a reply is cut off at its size limit, whatever parts it has',
    },
  },
  {
    name: 'the bound of a refusal',
    file: 'llm/http/boundedFetch.ts',
    replace: [['createCut(MAX_REFUSAL)', 'createCut(Number.MAX_SAFE_INTEGER)']],
    test: {
      project: 'unit',
      file: 'test/unit/llm/hostileTools.test.ts',
      name: 'a refusal that never ends is not read to its end',
    },
  },
  {
    name: 'the ids of calls',
    file: 'activities/agents/planCalls.ts',
    replace: [['const callId = freeId(own, ', 'const callId = freeId(own, call.id || ']],
    test: {
      project: 'unit',
      file: 'activities/agents/planCalls.test.ts',
      name: 'a planned call gets an id of ours and keeps the id of the model beside it',
    },
  },
  {
    name: 'the cut of connections that take nothing',
    file: 'api/limits/unreadResponses.ts',
    replace: [["if (now - connection.since >= limits.stalledMs) cut(socket, 'its client reads nothing');", '']],
    test: {
      project: 'unit',
      file: 'test/unit/api/unreadResponses.test.ts',
      name: 'is cut off when it has read nothing for the allowed time',
    },
  },
  {
    name: 'the bytes of a page',
    file: 'api/http/listPage.ts',
    replace: [['isFull = written.length > 0 && bytes > maxPageBytes;', 'isFull = false;']],
    test: { project: 'unit', file: 'api/http/listPage.test.ts', name: 'has at least one item, whatever its size' },
  },
  {
    name: 'the scheme of an origin',
    file: 'api/http/auth.ts',
    replace: [['?.toLowerCase() && protocol ===', '?.toLowerCase() || protocol ===']],
    test: { project: 'unit', file: 'api/http/auth.test.ts', name: 'is not this server with another scheme' },
  },
  {
    name: 'the limit of a queue',
    file: 'domain/turns/decideClaim.ts',
    replace: [["if (isQueueFull(queued)) return refuse('queue_full');", '']],
    test: {
      project: 'integration',
      file: 'test/integration/api/apiPages.test.ts',
      name: 'whose queue is full refuses another turn with queue_full',
    },
  },
  {
    name: 'the refusal of workers where there is no token',
    file: 'viewers/wire/socketHub.ts',
    replace: [['if (token === undefined) return false;', 'if (token === undefined) return true;']],
    test: {
      project: 'integration',
      file: 'test/integration/gateway/gatewayWire.test.ts',
      name: 'is never accepted by a gateway that has no token, whatever it sends',
    },
  },
  {
    name: 'the count of wrong keys on sockets',
    file: 'api/live/liveSocket.ts',
    replace: [["if (code === 'unauthorized') await options.wrongKeys(addressOf(request));", '']],
    test: {
      project: 'integration',
      file: 'test/integration/gateway/gatewayAccess.test.ts',
      name: 'is refused with 429 after too many wrong keys, except with a valid key from the same address',
    },
  },
  {
    name: 'the question whether a token permits a route',
    file: 'api/http/mount.ts',
    replace: [['  await permit(route, request, response);', '']],
    test: {
      project: 'integration',
      file: 'test/integration/api/tokens.test.ts',
      name: 'gets nothing of another chat of its owner by any call of the OpenAPI document',
    },
  },
  {
    name: 'the algorithms of tokens of users',
    file: 'api/auth/userTokens.ts',
    replace: [["    algorithms: 'secret' in source ? algorithms.secret : algorithms.jwks,", '']],
    test: {
      project: 'unit',
      file: 'test/unit/api/userTokens.test.ts',
      name: 'can be signed with a shared secret, by HS256 only',
    },
  },
  {
    name: 'the end of a token whose key was removed',
    file: 'api/auth/accessTokens.ts',
    replace: [['signParent(candidate) === found.parent', 'true']],
    test: {
      project: 'unit',
      file: 'test/unit/api/accessTokens.test.ts',
      name: 'is refused once its key is removed, replaced, or of another owner',
    },
  },
  {
    name: 'the pings that are not answered',
    file: 'api/live/liveSocket.ts',
    replace: [
      [
        'socket.readyState === socket.OPEN && socket.bufferedAmount <= maxUnreadBytes',
        'socket.readyState === socket.OPEN',
      ],
    ],
    test: {
      project: 'integration',
      file: 'test/integration/gateway/gatewayAccess.test.ts',
      name: 'answers pings of a client that reads, and not all pings of one that does not',
    },
  },
  {
    name: 'the places of event streams',
    file: 'api/timeline/logRoutes.ts',
    replace: [['takeViewerPlace(places, owner, response);', '']],
    test: {
      project: 'integration',
      file: 'test/integration/api/apiDoor.test.ts',
      name: 'are shared by sockets and event streams',
    },
  },
  {
    name: 'the origin of what a server gets back',
    file: 'domain/agents/origin.ts',
    replace: [['past.origin === undefined || past.origin === origin ? past : withoutServerData(past)', 'past']],
    test: {
      project: 'unit',
      file: 'domain/agents/origin.test.ts',
      name: 'another model gets neither reasoning nor fields of the server, and the ids of the service',
    },
  },
  {
    name: 'the signed reasoning that goes back before its calls',
    file: 'llm/anthropic/conversation.ts',
    replace: [['...reasoningOf(message), ', '']],
    test: {
      project: 'unit',
      file: 'llm/anthropic/conversation.test.ts',
      name: 'has the blocks of reasoning of this API unchanged before the calls',
    },
  },
  {
    name: 'the status of a turn whose end was notified by the log alone',
    file: 'viewers/gateway/statuses.ts',
    replace: [['if (current.delete(turnId)) ending.add(turnId);', 'current.delete(turnId);']],
    test: {
      project: 'unit',
      file: 'viewers/gateway/statuses.test.ts',
      name: 'the last status of a turn is sent at the next refresh when only its end in the log was notified',
    },
  },
  {
    name: 'the state of a turn whose rows are removed',
    file: 'db/turns/turnView.ts',
    replace: [
      ['return turn.endedState ?? (await readStates(db, [turn]))[0]!;', 'return (await readStates(db, [turn]))[0]!;'],
    ],
    test: {
      project: 'integration',
      file: 'test/integration/turns/trimTurns.test.ts',
      name: 'are removed in short transactions, and the resource of each turn stays as it was',
    },
  },
  {
    name: 'what a refusal taught is kept only when the server has accepted a request',
    file: 'llm/profiles/adaptiveRequest.ts',
    replace: [
      [
        'tried.add(describeFact(lesson.fact));',
        'tried.add(describeFact(lesson.fact));\n      facts.learned(model, [lesson]);',
      ],
    ],
    test: {
      project: 'unit',
      file: 'test/unit/llm/learning.test.ts',
      name: 'without end is asked seven times at most, and nothing is learnt',
    },
  },
  {
    name: 'changes whose place an accepted change used',
    file: 'db/documents/acceptChange.ts',
    replace: [
      [
        'if (other.id === change.id || !mayOverlap(before, other.original, place)) return false;',
        'if (other.id !== change.id) return false;',
      ],
    ],
    test: {
      project: 'integration',
      file: 'test/integration/documents/changePlaces.test.ts',
      name: 'is stale, also where its original is elsewhere too',
    },
  },
  {
    name: 'what accepted changes wrote is no place of an earlier change',
    file: 'domain/documents/acceptedPlaces.ts',
    replace: [['at >= writtenAt', 'at === writtenAt']],
    test: {
      project: 'integration',
      file: 'test/integration/documents/changePlaces.test.ts',
      name: 'is applied at its own place where the other one wrote its original before that',
    },
  },
  {
    name: 'of two similar places neither is taken',
    file: 'domain/documents/places.ts',
    replace: [['if (first && second && step !== null)', 'if (first && second && step === undefined)']],
    test: {
      project: 'unit',
      file: 'domain/documents/places.test.ts',
      name: 'of two texts that are like the original neither is taken',
    },
  },
];
