import { z } from 'zod';
import { isOwnerName } from '../ownerName.js';
import { type AllowedHost, parseAllowedHost } from '../providerAddress.js';

/** Settings with comma-separated values. */

export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean),
);

/**
 * Comma-separated `key`, `key:owner` or `key:owner:level`. Levels of tools: 1 read, 2 write, 3 dangerous. Keys consist of
 * RFC 7230 token characters, so that they fit a WebSocket subprotocol.
 */
export const apiKeys = list
  .refine((entries) => entries.every((e) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(:[^:\s]+(:[123])?)?(\+stop)?$/.test(e)), {
    error:
      "must be a comma-separated list of key, key:owner or key:owner:level (1 to 3), each with +stop if wanted, keys of letters, digits and !#$%&'*+-.^_`|~",
  })
  .transform((entries) =>
    entries.map((entry) => {
      const stopsOnClose = entry.endsWith('+stop');
      const [key = '', owner = 'local', level = '3'] = (stopsOnClose ? entry.slice(0, -5) : entry).split(':');
      return { key, owner, level: Number(level), stopsOnClose };
    }),
  )
  .refine((keys) => keys.every(({ owner }) => isOwnerName(owner)), {
    error: 'must name owners of 1 to 200 characters without blanks, colons and control characters',
  });

/** Comma-separated names, addresses and ranges, each with an optional port. */
export const allowedHosts = list.transform((entries, context): AllowedHost[] =>
  entries.flatMap((entry) => {
    const host = parseAllowedHost(entry);
    if (!host)
      context.addIssue({
        code: 'custom',
        message: `must be a comma-separated list of names, addresses and ranges, each with :port or without (models.internal:8000, 10.0.0.0/8, [::1]:11434); not '${entry}'`,
      });
    return host ?? [];
  }),
);

/** Names of headers, in lower case. */
export const headerNames = list
  .transform((names) => names.map((name) => name.toLowerCase()))
  .refine((names) => names.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)), {
    error: 'must be a comma-separated list of header names',
  });
