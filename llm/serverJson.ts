import type { ServerFields } from '../domain/agents/chatMessage.js';
import { MAX_SERVER_JSON, MAX_SERVER_JSONS } from './replyLimits.js';

/** Deeper values are refused by parsers of servers, and `JSON.stringify` recurses. */
const MAX_DEPTH = 64;

/**
 * Returns a function that checks what a server attaches to a reply: whether it can be stored as JSON text and sent back
 * within the limits. `spend` gets the length of what is kept. A signature that is cut is worthless, so nothing is cut.
 */
export function createServerJson(spend: (units: number) => void): (value: ServerFields) => boolean {
  let left = MAX_SERVER_JSONS;
  return (value) => {
    if (isDeeperThan(value, MAX_DEPTH)) return false;
    const { length } = JSON.stringify(value);
    if (length > Math.min(left, MAX_SERVER_JSON)) return false;
    left -= length;
    spend(length);
    return true;
  };
}

/** Takes linear time and does not recurse. */
function isDeeperThan(value: ServerFields, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}
