import { z } from 'zod';
import type { Limits } from '../../db/chats/ownerLimits.js';
import type { Pool } from '../../db/core/pool.js';
import {
  changeCharacter,
  createCharacter,
  deleteCharacter,
  listCharacters,
  readCharacter,
} from '../../db/narrative/characters.js';
import { cursorOf, name, pageFields, persona, text, toPage } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { character } from './resources.js';

const tag = 'Characters';
const greeting = () => text(200_000).nullable();

export function characterRoutes({
  pool,
  limits,
}: {
  pool: Pool;
  limits: Pick<Limits, 'characters' | 'storedBytes'>;
}): Route[] {
  return [
    route({
      operation: 'createCharacter',
      method: 'post',
      path: '/v1/characters',
      summary: 'Create a character',
      tag,
      body: z.strictObject({ name: name(200), persona: persona(), greeting: greeting().optional() }),
      answers: { 201: character },
      problems: ['limit_reached'],
      async handle({ owner, body }) {
        const created = await createCharacter(
          pool,
          owner,
          { ...body, greeting: body.greeting ?? null },
          { max: limits.characters, storedBytes: limits.storedBytes },
        );
        return { status: 201, body: created, headers: { Location: `/v1/characters/${created.id}` } };
      },
    }),
    route({
      operation: 'listCharacters',
      method: 'get',
      path: '/v1/characters',
      summary: 'List characters, oldest first; with persona and greeting if asked for',
      tag,
      query: z.object({ ...pageFields(cursorOf('chr')), fields: z.literal('body').optional() }).transform(toPage),
      answers: { 200: pageOf(character.partial({ persona: true, greeting: true }).meta({ id: 'ListedCharacter' })) },
      async handle({ owner, query: { fields, ...page } }) {
        const asked = { ...page, limit: page.limit + 1, withBody: fields === 'body' };
        return listPage(await listCharacters(pool, owner, asked), page.limit, (item) => item.id);
      },
    }),
    route({
      operation: 'getCharacter',
      method: 'get',
      path: '/v1/characters/:characterId',
      summary: 'One character',
      tag,
      answers: { 200: character },
      problems: ['character_not_found'],
      async handle({ owner, params }) {
        return {
          status: 200,
          body: orProblem(await readCharacter(pool, owner, params.characterId), 'character_not_found'),
        };
      },
    }),
    route({
      operation: 'updateCharacter',
      method: 'patch',
      path: '/v1/characters/:characterId',
      summary: 'Change a character; what is left out stays',
      tag,
      body: z.strictObject({
        name: name(200).optional(),
        persona: persona().optional(),
        greeting: greeting().optional(),
      }),
      answers: { 200: character },
      problems: ['character_not_found', 'limit_reached'],
      async handle({ owner, params, body }) {
        return {
          status: 200,
          body: orProblem(await changeCharacter(pool, owner, params.characterId, body, limits), 'character_not_found'),
        };
      },
    }),
    route({
      operation: 'deleteCharacter',
      method: 'delete',
      path: '/v1/characters/:characterId',
      summary: 'Delete a character that hosts no chat, and clear it from the chats that it is a guest of',
      tag,
      answers: { 204: null },
      problems: ['character_not_found', 'character_in_use'],
      async handle({ owner, params }) {
        const outcome = await deleteCharacter(pool, owner, params.characterId);
        if (outcome === 'not_found') throw new Problem('character_not_found');
        if (outcome === 'in_use') throw new Problem('character_in_use');
        return { status: 204 };
      },
    }),
  ];
}
