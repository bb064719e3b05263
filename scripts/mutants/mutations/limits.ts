import type { Mutation } from './mutation.js';

/** Safeguards against one owner who takes what others need. */
export const limits: Mutation[] = [
  {
    name: 'the places that are kept for other owners',
    file: 'lib/places/places.ts',
    replace: [['Math.min(perOwner, SHARE * (free - 1));', 'perOwner + free;']],
    test: {
      project: 'unit',
      file: 'lib/places/places.test.ts',
      name: 'are left for a fourth owner when three owners ask for more than there are',
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
];
