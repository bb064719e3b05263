import type { Mutation } from './mutation.js';

/** Safeguards of the changes of a document. */
export const documents: Mutation[] = [
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
