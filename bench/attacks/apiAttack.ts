import type { TestDatabase } from '../../test/support/postgres/postgres.js';
import type { ApiProcess } from '../../test/support/service/apiProcess.js';

/** An attack on an api of its own. `prepare` is not measured; the function that it gives attacks, and says what came of it. */
export type ApiAttack = {
  name: string;
  /** Settings of the api. */
  env?: Record<string, string>;
  prepare(api: ApiProcess, database: TestDatabase): Promise<() => Promise<string>>;
};

/** Keys of two owners: the one that attacks and another. */
export const keys = { attacker: 'key-of-ann', other: 'key-of-ben', list: 'key-of-ann:ann,key-of-ben:ben' };

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
