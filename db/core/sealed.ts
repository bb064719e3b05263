import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** The key of secrets at rest, 32 bytes. */
export type SealingKey = Buffer;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a secret with AES-256-GCM. Returns nonce, tag and ciphertext in one buffer. `bound` names the row that the
 * secret belongs to: it is authenticated, so that the result can't be opened as the secret of another row.
 */
export function seal(key: SealingKey, secret: string, bound: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Decrypts a sealed secret. Null when the key or `bound` differs, or the buffer was changed. */
export function unseal(key: SealingKey, sealed: Buffer, bound: string): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(bound))
      .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return text.toString('utf8');
  } catch {
    return null;
  }
}
