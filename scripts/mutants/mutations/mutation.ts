/** The removal of a safeguard: exact texts of the source and their replacements. */
export type Mutation = {
  name: string;
  file: string;
  replace: readonly (readonly [from: string, to: string])[];
  /** The test that must fail without the safeguard. */
  test: Named;
};

export type Named = { project: 'unit' | 'integration' | 'e2e'; file: string; name: string };
