/** What a token of `POST /v1/tokens` leaves of the rights of its parent. `chatIds` null: all chats of the owner. */
export type TokenRights = { scope: TokenScope; chatIds: readonly string[] | null };
export type TokenScope = 'read' | 'write';

/** Who sends a request. */
export type Caller = {
  owner: string;
  /** What tools may do for the caller, 1 read to 3 dangerous. */
  level: number;
  /** On the mounts of other protocols, a connection that closes stops its turn. */
  stopsOnClose: boolean;
  credential: 'none' | 'key' | 'user' | 'token';
  /** The rights of a token. Null: those of the owner. */
  rights: TokenRights | null;
  /** When the credential ends, in milliseconds since 1970. Null: it ends when it is removed. */
  expiresAt: number | null;
  /**
   * What the caller's rights come from: a key, the settings of users' tokens, or nothing. A token has that of its parent.
   * Not a secret of its own, but it is compared with guesses: it leaves the process only through `signParent`.
   */
  parent: string;
};

/** The caller of a service that requires no keys. */
export const localCaller: Caller = {
  owner: 'local',
  level: 3,
  stopsOnClose: false,
  credential: 'none',
  rights: null,
  expiresAt: null,
  parent: 'local',
};

/** Why a credential holds no longer. */
export type Ended = 'token_expired' | 'unauthorized';
