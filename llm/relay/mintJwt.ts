import { SignJWT } from 'jose';
import { TurnFailure } from '../../domain/log/failures.js';

const LIFETIME = '5 minutes';

/** Signs a token that names the user to an upstream, valid for five minutes: HS256 with `sub`, `iat`, `exp` and `sid`. Throws `jwt_mint_failed`. */
export async function mintJwt(secret: string, who: { userId: string; sessionId: string }): Promise<string> {
  try {
    return await new SignJWT({ sid: who.sessionId })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(who.userId)
      .setIssuedAt()
      .setExpirationTime(LIFETIME)
      .sign(new TextEncoder().encode(secret));
  } catch (cause) {
    throw new TurnFailure('jwt_mint_failed', { cause, spent: 'nothing' });
  }
}
