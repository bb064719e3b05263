import { z } from 'zod';
import { storyArtifacts } from '../../domain/log/events.js';
import { at, id } from '../http/fields.js';

/** The resources of role-play. */

export const you = z.object({ id: z.literal('you'), name: z.string(), persona: z.string() }).meta({ id: 'You' });

export const character = z
  .object({
    id: id('chr'),
    name: z.string(),
    persona: z.string(),
    greeting: z.string().nullable(),
    hasAvatar: z.boolean(),
    createdAt: at(),
    updatedAt: at(),
  })
  .meta({ id: 'Character' });

export const importedCharacter = character.extend({
  warnings: z
    .array(z.object({ path: z.string(), reason: z.string() }))
    .optional()
    .meta({ description: 'parts of the card that are kept and have no effect, by their paths' }),
});

export const cardFile = z
  .looseObject({
    spec: z.literal('chara_card_v3'),
    spec_version: z.literal('3.0'),
    data: z.record(z.string(), z.unknown()).meta({ description: 'the fields of a character card of version 3' }),
  })
  .meta({ id: 'CharacterCard', description: 'with the fields beside `data` that the imported card had' });

export const scene = z
  .object({
    id: id('scn'),
    container: z.string().meta({ description: 'the place of the scene' }),
    status: z.enum(['open', 'closed']),
    openedSeq: z.number().int(),
    openedAt: at(),
    endedAt: at().nullable(),
    summaries: z
      .record(z.string(), z.string())
      .meta({ description: 'by the id of the character from whose point of view the summary is' }),
  })
  .meta({ id: 'Scene' });

const personId = () => z.string().meta({ description: "`you` or a character's id" });

export const edge = z
  .object({
    sourceId: personId(),
    targetId: personId(),
    affinity: z.number().int().min(0).max(100),
    trust: z.number().int().min(0).max(100),
    summary: z.string().nullable(),
    knowledgeFacts: z.array(z.string()).meta({ description: 'facts that the source knows about the target' }),
    lastInteractionAt: at().nullable(),
  })
  .meta({ id: 'Edge' });

export const memory = z
  .object({
    id: id('mem'),
    text: z.string(),
    sceneId: id('scn').nullable(),
    witnesses: z.array(id('chr')),
    chatClock: z.number().int().meta({ description: 'seq of the user turn of its beat; 0 where a person wrote it' }),
    significance: z.number().int().min(0).max(3).nullable().meta({ description: 'null until the memory is scored' }),
    pinned: z.boolean(),
    at: at(),
  })
  .meta({ id: 'Memory' });

export const storyEvent = z
  .object({
    id: id('evt'),
    title: z.string(),
    description: z.string(),
    status: z.enum(['planned', 'active', 'completed', 'cancelled']),
    artifacts: storyArtifacts.meta({ description: 'the effects of its completion' }),
    createdAt: at(),
  })
  .meta({ id: 'StoryEvent' });
