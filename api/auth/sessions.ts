import type { Caller, Ended } from './caller.js';

/** A timer of Node can't wait longer than 24.8 days. */
const longestWaitMs = 6 * 3_600_000;

/** Connections that outlive the check of their credential: live sockets, streams, requests that wait. */
export type Sessions = {
  /** Calls `end` once when the caller's credential has ended or was removed. Returns how to stop watching. */
  follow(caller: Caller, end: (why: Ended) => void): () => void;
  /** Ends the sessions whose credential was removed. */
  recheck(): void;
};

/** `holds`: whether what a caller's rights come from is still there, with these rights. */
export function createSessions(holds: (caller: Caller) => boolean): Sessions {
  const open = new Set<{ caller: Caller; end: (why: Ended) => void }>();

  return {
    follow(caller, end) {
      let timer: NodeJS.Timeout | undefined;
      const stop = () => {
        clearTimeout(timer);
        open.delete(session);
      };
      const session = {
        caller,
        end(why: Ended) {
          stop();
          end(why);
        },
      };
      const wait = (expiresAt: number) => {
        const left = expiresAt - Date.now();
        if (left <= 0) return session.end('token_expired');
        timer = setTimeout(wait, Math.min(left, longestWaitMs), expiresAt).unref();
      };
      open.add(session);
      if (caller.expiresAt !== null) wait(caller.expiresAt);
      return stop;
    },
    recheck() {
      for (const session of [...open]) if (!holds(session.caller)) session.end('unauthorized');
    },
  };
}
