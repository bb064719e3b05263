import { z } from 'zod';
import { readChatSeq } from '../../db/chats/chats.js';
import type { Limits } from '../../db/chats/ownerLimits.js';
import { forkChat } from '../../db/timeline/fork.js';
import { previewRewind, undoRewind } from '../../db/timeline/rewind.js';
import { eventKinds } from '../../domain/log/events.js';
import { chat, showChat } from '../chats/resources.js';
import { querySeq } from '../http/input.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import type { Rewind } from './rewind.js';
import { type VersionRouteDeps, versionRoutes } from './versionRoutes.js';

export type TimelineRouteDeps = VersionRouteDeps & {
  limits: Pick<Limits, 'chats' | 'storedBytes'>;
  rewind: Rewind;
};

/** Routes that change a chat's timeline: versions, rewind and fork. They delete no event. */
export const timelineRoutes = (deps: TimelineRouteDeps): Route[] => [
  ...versionRoutes(deps),
  ...rewindRoutes(deps),
  forkRoute(deps),
];

const seq = () =>
  z
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1);

function rewindRoutes({ pool, heavy, rewind }: TimelineRouteDeps): Route[] {
  const tag = 'Rewind';
  return [
    route({
      operation: 'previewRewind',
      method: 'get',
      path: '/v1/chats/:chatId/rewind/preview',
      summary: 'What a rewind would take out of the timeline',
      tag,
      query: z.object({ toSeq: querySeq() }),
      answers: {
        200: z.object({
          totalEvents: z.number().int(),
          byKind: z
            .partialRecord(z.enum(eventKinds), z.number().int())
            .meta({ description: 'how many events of each kind' }),
        }),
      },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, query: { toSeq } }) {
        const newest = orProblem(await readChatSeq(pool, owner, chatId), 'chat_not_found');
        if (toSeq > newest) throw new Problem('invalid_query', "toSeq: is beyond the chat's newest seq");
        return { status: 200, body: await previewRewind(pool, chatId, toSeq) };
      },
    }),
    route({
      operation: 'rewindChat',
      method: 'post',
      path: '/v1/chats/:chatId/rewind',
      summary: 'Take what came after a point out of the timeline',
      tag,
      body: z.strictObject({
        toSeq: seq().meta({ description: 'the last event that stays' }),
        whenBusy: z
          .literal('interrupt')
          .optional()
          .meta({ description: 'stops the turn that holds the floor and cancels those that wait' }),
      }),
      answers: {
        200: z.object({
          seq: z.number().int().meta({ description: 'of the `chat_rewound` event' }),
          hidden: z.number().int().meta({ description: 'how many events left the timeline' }),
        }),
      },
      problems: ['chat_not_found', 'turn_in_progress'],
      async handle({ owner, params: { chatId }, body: { toSeq, whenBusy } }) {
        return { status: 200, body: await rewind({ chatId, owner, toSeq, interrupt: whenBusy === 'interrupt' }) };
      },
    }),
    route({
      operation: 'undoRewind',
      method: 'post',
      path: '/v1/chats/:chatId/rewind/undo',
      summary: 'Undo a rewind that nothing followed',
      tag,
      answers: {
        200: z.object({
          seq: z.number().int().meta({ description: 'of the `rewind_undone` event' }),
          restored: z.number().int().meta({ description: 'how many events are back in the timeline' }),
        }),
      },
      problems: ['chat_not_found', 'turn_in_progress', 'rewind_not_last'],
      async handle({ owner, params: { chatId } }) {
        return { status: 200, body: await heavy(owner, () => undoRewind(pool, { chatId, owner })) };
      },
    }),
  ];
}

const forkRoute = ({ pool, heavy, limits }: TimelineRouteDeps): Route =>
  route({
    operation: 'forkChat',
    method: 'post',
    path: '/v1/chats/:chatId/fork',
    summary: 'A new chat that begins as a copy of the timeline up to a point',
    tag: 'Fork',
    body: z.strictObject({ atSeq: seq().meta({ description: 'the last event that is copied' }) }),
    answers: { 201: chat },
    problems: ['chat_not_found', 'turn_in_progress', 'limit_reached'],
    async handle({ owner, params: { chatId }, body: { atSeq } }) {
      const { chats: maxChats, storedBytes } = limits;
      const fork = await heavy(owner, () => forkChat(pool, { chatId, owner, atSeq, maxChats, storedBytes }));
      return { status: 201, body: showChat(fork), headers: { Location: `/v1/chats/${fork.id}` } };
    },
  });
