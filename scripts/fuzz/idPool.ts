import type { SeededRandom } from '../chaos/seededRandom.js';

/** Ids by their prefix, for requests: of the owner who sends them, of another owner, and of nothing. */
export type IdPool = {
  /** Notes the ids in an answer to the owner. */
  harvest(answer: string): void;
  /** An id with the prefix: mostly of the owner, now and then another's, or one that does not exist. */
  any(prefix: string): string;
  /** One of the owner, if there is any. */
  own(prefix: string): string | undefined;
};

const idForm = /\b(chat|turn|chr|doc|chg|mem|scn|evt|prv|att|whk)_[0-9a-f]{8}-[0-9a-f-]{27}\b/g;
/** The latest so many of a prefix: earlier ones may be deleted. */
const kept = 30;

export const idsIn = (text: string): Set<string> => new Set(text.match(idForm) ?? []);

export function createIdPool(foreign: ReadonlySet<string>, random: SeededRandom): IdPool {
  const own = new Map<string, string[]>();
  const prefixOf = (id: string) => id.slice(0, id.indexOf('_'));
  const ownOf = (prefix: string) => random.pick(own.get(prefix) ?? []);
  const foreignOf = (prefix: string) => random.pick([...foreign].filter((id) => prefixOf(id) === prefix));
  const missing = (prefix: string) =>
    `${prefix}_01890000-0000-7000-8000-${String(random.between(0, 1e9)).padStart(12, '0')}`;

  return {
    harvest(answer) {
      for (const id of idsIn(answer)) {
        if (foreign.has(id)) continue;
        const known = own.get(prefixOf(id)) ?? [];
        if (known.includes(id)) continue;
        own.set(prefixOf(id), [...known, id].slice(-kept));
      }
    },
    own: ownOf,
    any(prefix) {
      const share = random.share();
      const id = share < 0.75 ? ownOf(prefix) : share < 0.9 ? foreignOf(prefix) : undefined;
      return id ?? missing(prefix);
    },
  };
}
