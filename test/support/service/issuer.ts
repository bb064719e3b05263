import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Signer = { kid: string; privateKey: CryptoKey; publicJwk: object };

/** A server with a key set, as an issuer of tokens has one. */
export type TestIssuer = {
  jwksUrl: string;
  /** How often the key set was read. */
  reads(): number;
  /** Replaces the key set by a new key. */
  rotate(): Promise<void>;
  /** Signs with the present key, an hour valid unless the claims say otherwise. */
  sign(claims: JWTPayload, header?: { kid?: string | null; alg?: string }): Promise<string>;
  publicJwk(): object;
  /** Answers with this status, or not at all. Null: as usual. */
  fail(how: number | 'silence' | 'nonsense' | null): void;
  close(): Promise<void>;
};

export async function startIssuer(): Promise<TestIssuer> {
  let count = 1;
  let signer = await makeSigner(count);
  let reads = 0;
  let failing: number | 'silence' | 'nonsense' | null = null;

  const server = createServer((_request, response) => {
    reads += 1;
    answer(response);
  });

  function answer(response: ServerResponse) {
    if (failing === 'silence') return;
    if (failing === 'nonsense') return void response.end('<html>');
    if (failing !== null) return void response.writeHead(failing).end();
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: [signer.publicJwk] }));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    jwksUrl: `http://127.0.0.1:${port}/jwks`,
    reads: () => reads,
    async rotate() {
      count += 1;
      signer = await makeSigner(count);
    },
    sign(claims, { kid = signer.kid, alg = 'ES256' } = {}) {
      const exp = Math.floor(Date.now() / 1_000) + 3_600;
      return new SignJWT({ exp, ...claims })
        .setProtectedHeader({ alg, ...(kid === null ? {} : { kid }) })
        .sign(signer.privateKey);
    },
    publicJwk: () => signer.publicJwk,
    fail(how) {
      failing = how;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function makeSigner(n: number): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = `key-${n}`;
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}
