import type { Mutation } from './mutation.js';

/** Safeguards of what providers send and get back. */
export const providers: Mutation[] = [
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
];
