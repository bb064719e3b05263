export type CountTokens = (text: string) => number;

/** Within `soft` if leaving out what is optional can do it; within `hard` whatever it takes. In tokens. */
export type PromptLimits = { soft: number; hard: number; countTokens: CountTokens };

/** A text with its cost in tokens, known piece by piece: to cut it later nothing is counted again. */
export type Measured = { text: string; cost: number; pieces: { end: number; cost: number }[] };

const PIECE = 400;

/** Counts a text once, piece by piece, and no further than to a cost that is too much anyway. */
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

/** Before the last space that fits, so that words stay whole; never in the middle of a character. */
function pieceEnd(text: string, from: number): number {
  const furthest = from + PIECE;
  if (furthest >= text.length) return text.length;
  const space = text.lastIndexOf(' ', furthest);
  if (space > from + PIECE / 2) return space;
  const code = text.charCodeAt(furthest - 1);
  return code >= 0xd800 && code <= 0xdbff ? furthest - 1 : furthest;
}

/** What stands for the rest of a text that was cut. */
const CUT = '…';
const CUT_COST = 2;

/** As much of the text's beginning as costs no more than `allowance`; nothing if that is nothing. */
export function cut({ text, cost, pieces }: Measured, allowance: number): { text: string; cost: number } {
  if (cost <= allowance) return { text, cost };
  const kept = pieces.findLast((piece) => piece.cost + CUT_COST <= allowance);
  return kept ? { text: text.slice(0, kept.end) + CUT, cost: kept.cost + CUT_COST } : { text: '', cost: 0 };
}

/** As much of the text's end as costs no more than `allowance`. The text must have been measured to its end. */
export function cutStart({ text, cost, pieces }: Measured, allowance: number): { text: string; cost: number } {
  if (cost <= allowance) return { text, cost };
  const gone = pieces.find((piece) => cost - piece.cost + CUT_COST <= allowance);
  if (!gone || gone.end === text.length) return { text: '', cost: 0 };
  return { text: CUT + text.slice(gone.end), cost: cost - gone.cost + CUT_COST };
}

/**
 * What each of these costs may come to, so that together they keep within `total`. They are given with the
 * most valuable first. The least valuable are cut first: down to a floor, and, if that is not enough, to nothing.
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

/** A text cut to an allowance, with its cost. */
export type Shorten = (text: string, allowance: number) => { text: string; cost: number };

/** What each text costs beyond its tokens. */
const ENTRY_COST = 6;

/**
 * Fills a room from lists of texts, each with the most valuable first, taking one of each in turn. A list ends at
 * the first text that does not fit, so that nothing of less value is kept; only its very first is cut to fit.
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
