/** Follows JSON that arrives in pieces, to know when its object or list is complete. Parsing it each time would be slow. */
export type Scanner = { push(piece: string): void; hasBegun(): boolean; isComplete(): boolean };

export function createScanner(): Scanner {
  let depth = 0;
  let begun = false;
  let within = false;
  let escaped = false;
  return {
    push(piece) {
      for (const unit of piece) {
        if (escaped) escaped = false;
        else if (within) [within, escaped] = [unit !== '"', unit === '\\'];
        else if (unit === '"') within = true;
        else if (unit === '{' || unit === '[') [depth, begun] = [depth + 1, true];
        else if (unit === '}' || unit === ']') depth -= 1;
      }
    },
    hasBegun: () => begun,
    isComplete: () => begun && depth === 0 && !within,
  };
}
