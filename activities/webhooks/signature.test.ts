import { expect, test } from '@jest/globals';
import { signatureOf } from './signature.js';

test('the signature of a webhook is the time, and the HMAC-SHA256 in hex of the time, a full stop and the body', () => {
  // printf '1767225600.{"text":"é"}' | openssl dgst -sha256 -hmac 'a long random text'
  expect(signatureOf('a long random text', '{"text":"é"}', 1_767_225_600)).toBe(
    't=1767225600,v1=b1f841b66de5d027bb7b38cd59bf1dc901886b85daa375f64d7287e01f147b0b',
  );
});
