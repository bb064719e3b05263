import fc from 'fast-check';

/** What someone does to a chat. `at`, `turn` and `version` are any numbers: they are taken modulo what there is. */
export type Move =
  | { do: 'say'; stuck: boolean }
  | { do: 'stop'; afterMs: number }
  | { do: 'talk over'; whenBusy: 'enqueue' | 'interrupt' | 'rollback'; afterMs: number }
  | { do: 'regenerate'; edit: boolean }
  | { do: 'choose'; turn: number; version: number }
  | { do: 'rewind'; at: number }
  | { do: 'rewind while it runs'; at: number; afterMs: number }
  | { do: 'undo' }
  | { do: 'fork'; at: number; goOn: boolean }
  | { do: 'open a scene' };

/** The worker dies at the `afterRequests`th request to the provider from the move's begin on, or at the move's end. */
export type Death = { move: number; afterRequests: number };

export type Course = { guest: boolean; salt: string; moves: Move[]; deaths: Death[] };

const afterMs = fc.nat(600);

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const), stuck: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stop' as const), afterMs }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('talk over' as const),
      whenBusy: fc.constantFrom('enqueue' as const, 'interrupt' as const, 'rollback' as const),
      afterMs,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('regenerate' as const), edit: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('choose' as const), turn: fc.nat(), version: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rewind' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rewind while it runs' as const), at: fc.nat(), afterMs }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('undo' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fork' as const), at: fc.nat(), goOn: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open a scene' as const) }) },
);

/** Moves that begin with something said, and as many deaths of the worker while they are made. */
export function course({ moves, deaths }: { moves: number; deaths: number }): fc.Arbitrary<Course> {
  return fc.record({
    guest: fc.boolean(),
    salt: fc.string({ minLength: 4, maxLength: 4 }),
    moves: fc
      .array(move, { minLength: moves - 1, maxLength: moves - 1, size: 'max' })
      .map((rest): Move[] => [{ do: 'say', stuck: false }, ...rest]),
    // The first one is in the middle of a turn for certain: each asks at least five times.
    deaths: fc
      .tuple(
        fc.record({ move: fc.constant(0), afterRequests: fc.integer({ min: 1, max: 3 }) }),
        fc.uniqueArray(fc.record({ move: fc.integer({ min: 1, max: moves - 1 }), afterRequests: fc.nat(12) }), {
          minLength: deaths - 1,
          maxLength: deaths - 1,
          selector: (death) => death.move,
        }),
      )
      .map(([first, others]) => [first, ...others]),
  });
}
