import type { StoredLimit } from '../../db/chats/ownerLimits.js';
import type { Pool } from '../../db/core/pool.js';
import { changeAvatar, readAvatar } from '../../db/narrative/avatars.js';
import { readCharacter } from '../../db/narrative/characters.js';
import { readBytes } from '../http/byteBodies.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { createUploadPlaces } from '../limits/uploadPlaces.js';
import { imageTypeOf, imageTypes } from './cards/image.js';
import { BrokenPng, withoutTexts } from './cards/png.js';
import { sendFile } from './cards/sendFile.js';
import { character } from './resources.js';

const tag = 'Characters';
const path = '/v1/characters/:characterId/avatar';
/** The largest avatar that is uploaded, in bytes. That of an imported card may have the size of the card. */
const maxAvatarBytes = 2 * 1024 * 1024;

/** Files that are received at once: each is in memory as a whole. */
const atOnce = { perOwner: 4, inAll: 32 };

export function avatarRoutes({ pool, limits }: { pool: Pool; limits: StoredLimit }): Route[] {
  const uploads = createUploadPlaces(atOnce);
  return [
    route({
      operation: 'putAvatar',
      method: 'put',
      path,
      summary: 'Set the avatar of a character: a PNG, JPEG or WebP of at most 2 MiB',
      tag,
      bytes: true,
      answers: { 200: character },
      problems: ['character_not_found', 'limit_reached', 'body_too_large', 'unsupported_media_type'],
      async handle({ owner, params: { characterId }, request, response }) {
        const bytes = await uploads(owner, () => readBytes(request, response, maxAvatarBytes));
        const mediaType = imageTypeOf(bytes);
        const declared = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
        if (!mediaType || (declared?.startsWith('image/') && declared !== mediaType)) {
          throw new Problem('unsupported_media_type', `The body must be one of ${imageTypes.join(', ')}`);
        }
        const image = { mediaType, bytes: mediaType === 'image/png' ? checkedPng(bytes) : bytes };
        const isChanged = await changeAvatar(pool, { owner, characterId }, image, limits);
        if (!isChanged) throw new Problem('character_not_found');
        return {
          status: 200,
          body: orProblem(await readCharacter(pool, owner, characterId), 'character_not_found'),
        };
      },
    }),
    route({
      operation: 'getAvatar',
      method: 'get',
      path,
      summary: 'The avatar of a character',
      tag,
      answers: { 200: null },
      answersWith: [...imageTypes],
      problems: ['character_not_found', 'avatar_not_found'],
      async handle({ owner, params: { characterId }, response }) {
        const avatar = await readAvatar(pool, owner, characterId);
        if (!avatar) {
          orProblem(await readCharacter(pool, owner, characterId), 'character_not_found');
          throw new Problem('avatar_not_found');
        }
        sendFile(response, avatar);
        return null;
      },
    }),
    route({
      operation: 'deleteAvatar',
      method: 'delete',
      path,
      summary: 'Remove the avatar of a character',
      tag,
      answers: { 204: null },
      problems: ['character_not_found'],
      async handle({ owner, params: { characterId } }) {
        const isChanged = await changeAvatar(pool, { owner, characterId }, null);
        if (!isChanged) throw new Problem('character_not_found');
        return { status: 204 };
      },
    }),
  ];
}

/** A PNG to which a card can be added. The texts of an older card in it are dropped. */
function checkedPng(bytes: Buffer): Buffer {
  try {
    return withoutTexts(bytes);
  } catch (error) {
    if (error instanceof BrokenPng) throw new Problem('unsupported_media_type', `The PNG is broken: ${error.message}`);
    throw error;
  }
}
