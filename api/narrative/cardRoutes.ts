import { z } from 'zod';
import type { Limits } from '../../db/chats/ownerLimits.js';
import type { Pool } from '../../db/core/pool.js';
import { readAvatar } from '../../db/narrative/avatars.js';
import { readCharacterCard } from '../../db/narrative/cards.js';
import { createCharacter, readCharacter } from '../../db/narrative/characters.js';
import { toCardFile, toCharacter } from '../../domain/narrative/cards/cardCharacter.js';
import { patternsOf } from '../../domain/narrative/cards/lorebook.js';
import type { Card } from '../../domain/narrative/cards/readCard.js';
import { isUsablePattern } from '../../lib/linearPatterns.js';
import { readBytes } from '../http/byteBodies.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { createUploadPlaces } from '../limits/uploadPlaces.js';
import { maxFileBytes, readCardFile } from './cards/cardFile.js';
import { withTexts } from './cards/png.js';
import { sendFile } from './cards/sendFile.js';
import { cardFile, importedCharacter } from './resources.js';

const tag = 'Characters';

/** Files that are received at once: each is in memory as a whole. */
const atOnce = { perOwner: 2, inAll: 12 };

const MAX_WARNINGS = 20;

/** The patterns of a card's lorebook that call nothing. */
function warningsOf({ data }: Card): { path: string; reason: string }[] {
  const patterns = data.character_book ? patternsOf(data.character_book) : [];
  return patterns
    .filter((pattern) => !isUsablePattern(pattern))
    .slice(0, MAX_WARNINGS)
    .map(({ path }) => ({
      path: `data.character_book.${path}`,
      reason: 'is no pattern that can be searched for in linear time, or is too large: it calls nothing',
    }));
}

export function cardRoutes({
  pool,
  limits,
}: {
  pool: Pool;
  limits: Pick<Limits, 'characters' | 'storedBytes'>;
}): Route[] {
  const uploads = createUploadPlaces(atOnce);
  return [
    route({
      operation: 'importCharacter',
      method: 'post',
      path: '/v1/characters/import',
      summary: 'Create a character from a character card: JSON, or a PNG that holds it',
      tag,
      bytes: true,
      answers: { 201: importedCharacter },
      problems: ['invalid_card', 'limit_reached', 'body_too_large', 'unsupported_media_type'],
      async handle({ owner, request, response }) {
        const { created, card } = await uploads(owner, async () => {
          const bytes = await readBytes(request, response, maxFileBytes);
          const { card, image } = await readCardFile(bytes, request.headers['content-type']);
          const avatar = image && { mediaType: 'image/png', bytes: image };
          const imported = { card, avatar };
          const { characters: max, storedBytes } = limits;
          const created = await createCharacter(pool, owner, toCharacter(card), { max, imported, storedBytes });
          return { card, created };
        });
        const warnings = warningsOf(card);
        const body = warnings.length > 0 ? { ...created, warnings } : created;
        return { status: 201, body, headers: { Location: `/v1/characters/${created.id}` } };
      },
    }),
    route({
      operation: 'exportCharacter',
      method: 'get',
      path: '/v1/characters/:characterId/card',
      summary: 'The character as a card of version 3: JSON, or its avatar with the card in it',
      tag,
      query: z.object({ format: z.enum(['json', 'png']).default('json') }),
      answers: { 200: cardFile },
      answersWith: ['image/png'],
      problems: ['character_not_found', 'avatar_not_found'],
      async handle({ owner, params: { characterId }, query, response }) {
        const about = orProblem(await readCharacter(pool, owner, characterId), 'character_not_found');
        const card = toCardFile(about, await readCharacterCard(pool, characterId));
        if (query.format === 'json') return { status: 200, body: card };
        const avatar = orProblem(await readAvatar(pool, owner, characterId), 'avatar_not_found');
        if (avatar.mediaType !== 'image/png') throw new Problem('avatar_not_found', 'The avatar is not a PNG');
        const text = Buffer.from(JSON.stringify(card)).toString('base64');
        // Programs that know no version 3 read `chara`.
        sendFile(response, { mediaType: 'image/png', bytes: withTexts(avatar.bytes, { chara: text, ccv3: text }) });
        return null;
      },
    }),
  ];
}
