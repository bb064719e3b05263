export type CountTokens = (text: string) => number;

/** A keyword of a lorebook that is a pattern. */
export type KeyPattern = { pattern: string; caseSensitive: boolean };

/** Finds which patterns match one of the lines, in linear time. One that can not be searched for matches nothing. */
export type FindPatterns = (patterns: readonly KeyPattern[], lines: readonly string[]) => ReadonlySet<KeyPattern>;

/**
 * Limits of a prompt, in tokens. Optional parts are left out beyond `soft`. `hard` is never exceeded: required parts
 * are cut.
 */
export type PromptLimits = { soft: number; hard: number; countTokens: CountTokens; findPatterns?: FindPatterns };

/**
 * A text with its cost in tokens. `pieces` has the cost up to the end of each piece, so that the text can be cut
 * without counting again.
 */
export type Measured = { text: string; cost: number; pieces: { end: number; cost: number }[] };

const PIECE = 400;

/** Counts the tokens of a text piece by piece, and stops when the cost exceeds `tooMuch`. */
export function measure(text: string, countTokens: CountTokens, tooMuch: number): Measured {
  const pieces: Measured['pieces'] = [];
  let cost = 0;
  for (let from = 0; from < text.length && cost <= tooMuch; ) {
    const end = pieceEnd(text, from);
    cost += countTokens(text.slice(from, end));
    pieces.push({ end, cost });
    from = end;
  }
  return { text, cost, pieces };
}

/** The end of the piece that begins at `from`: before the last space that fits, else at a whole character. */
function pieceEnd(text: string, from: number): number {
  const furthest = from + PIECE;
  if (furthest >= text.length) return text.length;
  const space = text.lastIndexOf(' ', furthest);
  if (space > from + PIECE / 2) return space;
  const code = text.charCodeAt(furthest - 1);
  return code >= 0xd800 && code <= 0xdbff ? furthest - 1 : furthest;
}

/** Replaces the part of a text that was cut off. */
const CUT = '…';
const CUT_COST = 2;

/** The beginning of a text, cut to a cost of at most `allowance` tokens; empty if no piece fits. */
export function cut({ text, cost, pieces }: Measured, allowance: number): { text: string; cost: number } {
  if (cost <= allowance) return { text, cost };
  const kept = pieces.findLast((piece) => piece.cost + CUT_COST <= allowance);
  return kept ? { text: text.slice(0, kept.end) + CUT, cost: kept.cost + CUT_COST } : { text: '', cost: 0 };
}

/** The end of a text, cut to a cost of at most `allowance` tokens. The text must have been measured to its end. */
export function cutStart({ text, cost, pieces }: Measured, allowance: number): { text: string; cost: number } {
  if (cost <= allowance) return { text, cost };
  const gone = pieces.find((piece) => cost - piece.cost + CUT_COST <= allowance);
  if (!gone || gone.end === text.length) return { text: '', cost: 0 };
  return { text: CUT + text.slice(gone.end), cost: cost - gone.cost + CUT_COST };
}

/**
 * Reduces the costs so that their sum is at most `total`. The most valuable come first. The least valuable are reduced
 * first: to a minimum share each, and, if that is not enough, to 0.
 */
export function allowances(costs: readonly number[], total: number): number[] {
  const allowed = [...costs];
  let excess = costs.reduce((sum, cost) => sum + cost, 0) - total;
  for (const floor of [Math.floor(total / (2 * Math.max(1, costs.length))), 0]) {
    for (let n = allowed.length - 1; n >= 0 && excess > 0; n--) {
      const spared = Math.min(excess, Math.max(0, allowed[n]! - floor));
      allowed[n]! -= spared;
      excess -= spared;
    }
  }
  return allowed;
}

/** Cuts a text to an allowance; returns it with its cost. Both are in tokens. */
export type Shorten = (text: string, allowance: number) => { text: string; cost: number };

/** Overhead of each text, in tokens. */
const ENTRY_COST = 6;

/**
 * Takes texts alternately from two lists, the most valuable first, until `room` tokens are used. A list ends at the
 * first text that does not fit, so that no less valuable text is kept. Only the first text of a list is cut to fit.
 */
export function takeInTurns(
  lists: readonly [readonly string[], readonly string[]],
  room: number,
  shorten: Shorten,
): [string[], string[]] {
  const taken: [string[], string[]] = [[], []];
  const open = new Set<0 | 1>([0, 1]);
  let left = room;
  while (open.size > 0) {
    for (const n of open) {
      const kept = taken[n];
      const text = lists[n][kept.length];
      const most = kept.length === 0 ? Math.floor(left / open.size) - ENTRY_COST : Number.POSITIVE_INFINITY;
      const fitted = text === undefined ? { text: '', cost: 0 } : shorten(text, most);
      if (!fitted.text || fitted.cost + ENTRY_COST > left) {
        open.delete(n);
        continue;
      }
      left -= fitted.cost + ENTRY_COST;
      kept.push(fitted.text);
    }
  }
  return taken;
}
