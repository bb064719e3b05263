import { Agent, fetch } from 'undici';
import { runBounded } from './bounded.js';
import { type AddressRules, checkSpelledHost, createCheckedLookup } from './providerAddress.js';
import { withinOr } from './within.js';

/** Milliseconds for one request and its status, and how much of the answer's body is read, in bytes and milliseconds. */
const postLimits = { withinMs: 10_000, bytes: 16 * 1024, bodyMs: 1_000 } as const;

export type OwnersPost = {
  url: string;
  body: string;
  headers: Record<string, string>;
  addresses: AddressRules;
  signal: AbortSignal;
};

/**
 * Posts to a URL that an owner has named. Reaches only the allowed addresses, follows no redirect, and reads a small part
 * of the answer, so that a short one leaves the connection in order. Returns the status of the answer, also when its body
 * breaks off or does not end. Throws `AddressRefused`, the errors of the connection, and a `TimeoutError` after `withinMs`, 10 s if left out.
 */
export async function postToOwner(
  { url, body, headers, addresses, signal }: OwnersPost,
  withinMs: number = postLimits.withinMs,
): Promise<number> {
  const target = new URL(url);
  // A name is checked in the lookup; an address is not looked up.
  checkSpelledHost(target, addresses);
  const dispatcher = new Agent({ connect: { lookup: createCheckedLookup(target, addresses) } });
  try {
    return await runBounded(signal, withinMs, async (bound) => {
      const init = { method: 'POST', body, headers, dispatcher, redirect: 'manual' as const, signal: bound };
      const { status, body: answer } = await fetch(target, init);
      const read = answer && readStart(answer).catch(() => undefined);
      if (read) await withinOr(postLimits.bodyMs, read, undefined);
      return status;
    });
  } finally {
    await dispatcher.destroy();
  }
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<void> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > postLimits.bytes) return;
  }
}
