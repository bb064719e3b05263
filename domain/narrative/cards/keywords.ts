/** A state of the automaton of Aho and Corasick. */
type State = {
  next: Map<number, number>;
  /** The state of the longest proper suffix that is a prefix of a keyword. */
  fallback: number;
  /** The keyword that ends here. */
  keyword: string | null;
  /** The next state along the fallbacks at which a keyword ends; 0 for none. */
  shorter: number;
};

export type FindKeywords = (texts: readonly string[]) => ReadonlySet<string>;

/**
 * Returns a function that finds which keywords occur in texts. Takes time in line with the lengths of the keywords and of
 * the texts, however many keywords there are.
 */
export function createKeywordFinder(keywords: Iterable<string>): FindKeywords {
  const states = buildStates(keywords);
  return (texts) => {
    const found = new Set<string>();
    for (const text of texts) collect(states, text, found);
    return found;
  };
}

const newState = (): State => ({ next: new Map(), fallback: 0, keyword: null, shorter: 0 });

function buildStates(keywords: Iterable<string>): State[] {
  const states = [newState()];
  for (const keyword of keywords) {
    let at = 0;
    for (let n = 0; n < keyword.length; n++) {
      const { next } = states[at]!;
      const unit = keyword.charCodeAt(n);
      const known = next.get(unit);
      at = known ?? states.push(newState()) - 1;
      if (known === undefined) next.set(unit, at);
    }
    if (at > 0) states[at]!.keyword = keyword;
  }
  link(states);
  return states;
}

/** Sets the fallbacks, the shortest prefixes first: each depends on shorter ones. */
function link(states: State[]): void {
  const queue = [...states[0]!.next.values()];
  for (let head = 0; head < queue.length; head++) {
    const state = states[queue[head]!]!;
    for (const [unit, at] of state.next) {
      const below = states[at]!;
      below.fallback = step(states, state.fallback, unit);
      const suffix = states[below.fallback]!;
      below.shorter = suffix.keyword === null ? suffix.shorter : below.fallback;
      queue.push(at);
    }
  }
}

function step(states: State[], from: number, unit: number): number {
  for (let at = from; ; at = states[at]!.fallback) {
    const next = states[at]!.next.get(unit);
    if (next !== undefined) return next;
    if (at === 0) return 0;
  }
}

function collect(states: State[], text: string, found: Set<string>): void {
  let at = 0;
  for (let n = 0; n < text.length; n++) {
    at = step(states, at, text.charCodeAt(n));
    let end = states[at]!.keyword === null ? states[at]!.shorter : at;
    while (end > 0) {
      const { keyword, shorter } = states[end]!;
      // What is shorter was found together with it.
      if (keyword === null || found.has(keyword)) break;
      found.add(keyword);
      end = shorter;
    }
  }
}
