import { z } from 'zod';
import type { Limits } from '../../db/chats/ownerLimits.js';
import type { Pool } from '../../db/core/pool.js';
import { acceptChange } from '../../db/documents/acceptChange.js';
import { declineChange, editDocument, listChanges } from '../../db/documents/changes.js';
import { createDocument, listDocuments, ownsDocument, readDocument } from '../../db/documents/documents.js';
import { cursorOf, idPage, pageFields, prose, text, toPage } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Answer, type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { change, document } from './resources.js';

const tag = 'Documents';

const title = () => text(500);
const withVersion = (status: number, found: { version: number }): Answer => ({
  status,
  body: found,
  headers: { ETag: `"${found.version}"` },
});

export function documentRoutes({
  pool,
  limits,
}: {
  pool: Pool;
  limits: Pick<Limits, 'documents' | 'storedBytes'>;
}): Route[] {
  return [
    route({
      operation: 'createDocument',
      method: 'post',
      path: '/v1/documents',
      summary: 'Create a document',
      tag,
      body: z.strictObject({ title: title(), body: prose() }),
      answers: { 201: document },
      problems: ['limit_reached'],
      handle: async ({ owner, body }) => withVersion(201, await createDocument(pool, owner, body, limits)),
    }),
    route({
      operation: 'listDocuments',
      method: 'get',
      path: '/v1/documents',
      summary: 'List documents, oldest first; with their bodies if asked for',
      tag,
      query: z.object({ ...pageFields(cursorOf('doc')), fields: z.literal('body').optional() }).transform(toPage),
      answers: { 200: pageOf(document.partial({ body: true }).meta({ id: 'ListedDocument' })) },
      async handle({ owner, query: { fields, ...page } }) {
        const asked = { ...page, limit: page.limit + 1, withBody: fields === 'body' };
        return listPage(await listDocuments(pool, owner, asked), page.limit, (item) => item.id);
      },
    }),
    route({
      operation: 'getDocument',
      method: 'get',
      path: '/v1/documents/:documentId',
      summary: 'One document; `ETag` is its version',
      tag,
      answers: { 200: document },
      problems: ['document_not_found'],
      async handle({ owner, params }) {
        return withVersion(200, orProblem(await readDocument(pool, owner, params.documentId), 'document_not_found'));
      },
    }),
    route({
      operation: 'updateDocument',
      method: 'put',
      path: '/v1/documents/:documentId',
      summary: 'Edit a document that still has the version of `If-Match`; what is left out stays',
      tag,
      headers: z.object({ 'if-match': z.string().meta({ description: 'the version that the edit was made on' }) }),
      body: z.strictObject({ title: title().optional(), body: prose().optional() }),
      answers: { 200: document },
      problems: ['document_not_found', 'version_mismatch', 'version_required', 'limit_reached'],
      async handle({ owner, params, body, request }) {
        const expectedVersion = versionOf(request.get('if-match'));
        const edit = { ...body, expectedVersion, storedBytes: limits.storedBytes };
        return withVersion(200, await editDocument(pool, owner, params.documentId, edit));
      },
    }),
    route({
      operation: 'listChanges',
      method: 'get',
      path: '/v1/documents/:documentId/changes',
      summary: 'The changes that were proposed to a document, in the order of their source',
      tag,
      query: idPage('chg', 1_000),
      answers: { 200: pageOf(change) },
      problems: ['document_not_found'],
      async handle({ owner, chatIds, params: { documentId }, query }) {
        if (!(await ownsDocument(pool, owner, documentId))) throw new Problem('document_not_found');
        const found = await listChanges(pool, documentId, { ...query, chatIds, limit: query.limit + 1 });
        return listPage(found, query.limit, (item) => item.id);
      },
    }),
    route({
      operation: 'acceptChange',
      method: 'post',
      path: '/v1/changes/:changeId/accept',
      summary: 'Accept a pending change: the place of its original is replaced, the first one if there are several',
      tag,
      answers: { 200: change },
      problems: ['change_not_found', 'change_not_pending', 'change_stale'],
      handle: async ({ owner, params }) => ({ status: 200, body: await acceptChange(pool, owner, params.changeId) }),
    }),
    route({
      operation: 'declineChange',
      method: 'post',
      path: '/v1/changes/:changeId/decline',
      summary: 'Decline a pending change; a comment stays in the thread',
      tag,
      body: z.strictObject({ comment: text(10_000).optional() }),
      answers: { 200: change },
      problems: ['change_not_found', 'change_not_pending'],
      async handle({ owner, params, body }) {
        return { status: 200, body: await declineChange(pool, owner, params.changeId, body.comment) };
      },
    }),
  ];
}

/** The version of an `If-Match` header: a number, or an ETag. Throws `version_required`. */
function versionOf(header: string | undefined): number {
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header?.trim() ?? '')?.[1];
  if (version === undefined) throw new Problem('version_required');
  return Number(version);
}
