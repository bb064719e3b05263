import { createHmac } from 'node:crypto';

/** The `X-Signature` of a body: `t` is the time of the attempt in Unix seconds, `v1` the HMAC-SHA256 of `t.body` in hex. */
export function signatureOf(secret: string, body: string, t: number): string {
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}
