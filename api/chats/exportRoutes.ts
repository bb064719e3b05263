import type { Request, Response } from 'express';
import { exportChat } from '../../db/chats/exportChat.js';
import { type ImportLimits, importChat } from '../../db/chats/importChat.js';
import type { Pool } from '../../db/core/pool.js';
import { yieldToEventLoop } from '../../db/core/yieldToEventLoop.js';
import type { ExportedEvent } from '../../domain/timeline/exportedChat.js';
import { createImportPlan, type ImportPlan, InvalidImport, parseExportLine } from '../../domain/timeline/importPlan.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { createHeavyWork } from '../limits/heavyWork.js';
import { createUploadPlaces } from '../limits/uploadPlaces.js';
import { readFiles } from './importedFiles.js';
import { chat, showChat } from './resources.js';
import { receiveUpload, type Upload } from './uploads.js';

const tag = 'Chats';
const jsonLines = 'application/x-ndjson';

/** An import holds a connection to Postgres for seconds, so one runs at a time, and few of an owner wait. */
const importsAtOnce = { atOnce: 1, waitingPerOwner: 3 };

/** Files of imports, which are on disk from their first byte on. */
const uploadsAtOnce = { perOwner: 4, inAll: 16 };
/** Each reads pages of the log with a connection to Postgres. */
const exportsAtOnce = { perOwner: 2, inAll: 6 };

export type ExportRouteDeps = { pool: Pool; limits: ImportLimits; relays: boolean };

/** Routes by which a chat leaves the service as JSON Lines, and comes back as another chat. */
export function exportRoutes({ pool, limits, relays }: ExportRouteDeps): Route[] {
  const heavy = createHeavyWork(importsAtOnce);
  const uploads = createUploadPlaces(uploadsAtOnce);
  const exports = createUploadPlaces(exportsAtOnce);
  return [
    route({
      operation: 'exportChat',
      method: 'get',
      path: '/v1/chats/:chatId/export',
      summary: 'A chat as JSON Lines',
      description:
        'Each line is a JSON object with a `type`: first `chat`, then `character` lines with a `card` and an `avatar` where there is one, `document`, `attachment`, `turn` and `event` lines. Bytes are base64; what exceeds 512 KiB of a file follows in lines of the type `piece`. The newest attachments have their bytes, as far as they fit into an import with the log (about 90 MiB); older ones are `leftOut`. The log has hidden and superseded events too, so that versions and undo survive an import. Keys of providers are not in it. For example `{"type":"event","seq":2,"kind":"user_turn",…}`.',
      tag,
      answers: { 200: null },
      answersWith: [jsonLines],
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, response }) {
        await exports(owner, async () => {
          const pages = orProblem(await exportChat(pool, owner, chatId), 'chat_not_found');
          response.status(200).set({
            'Content-Type': `${jsonLines}; charset=utf-8`,
            'Content-Disposition': `attachment; filename="${chatId}.jsonl"`,
          });
          await sendPages(response, pages);
        });
        return null;
      },
    }),
    route({
      operation: 'importChat',
      method: 'post',
      path: '/v1/chats/import',
      summary: 'Create a chat from an export',
      description:
        'The body is what an export answered with, up to 128 MiB, and must arrive within 30 seconds; any `Content-Type` will do. The chat, its characters, its document, its attachments and its turns have new ids, its projections are the same. Turns that had not ended are cancelled. A strategy to which the log links the chat is linked to the new chat: a chat of the owner that has it gets `strategy_unlinked`. If a line can not be used, nothing is created, and `detail` names the line.',
      tag,
      bytes: true,
      answers: { 201: chat },
      problems: ['invalid_import', 'body_too_large', 'unsupported_media_type', 'kind_not_available', 'limit_reached'],
      async handle({ owner, request }) {
        const created = await uploads(owner, () => receiveAndImport(request, owner));
        return { status: 201, body: showChat(created), headers: { Location: `/v1/chats/${created.id}` } };
      },
    }),
  ];

  async function receiveAndImport(request: Request, owner: string) {
    const upload = await receiveUpload(request);
    try {
      return await heavy(owner, () => importUpload(upload, owner));
    } catch (error) {
      if (error instanceof InvalidImport) throw new Problem('invalid_import', `line ${error.line}: ${error.reason}`);
      throw error;
    } finally {
      await upload.remove();
    }
  }

  async function importUpload(upload: Upload, owner: string) {
    const plan = await readPlan(upload);
    if (plan.chat.kind === 'relay' && !relays)
      throw new Problem('kind_not_available', 'kind: relay needs UPSTREAM_BASE_URL, the service that answers');
    const content = { files: readFiles(upload, plan.eventsFrom), events: readEvents(upload, plan.eventsFrom) };
    return importChat(pool, owner, plan, content, limits);
  }
}

const drained = (response: Response) => new Promise<void>((resolve) => response.once('drain', resolve));

/** Sends pages as JSON Lines, at the pace of the client. */
async function sendPages(response: Response, pages: AsyncGenerator<object[]>): Promise<void> {
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  for await (const page of pages) {
    if (response.destroyed) return;
    const text = page.map((line) => `${JSON.stringify(line)}\n`).join('');
    if (text !== '' && !response.write(text)) await Promise.race([drained(response), closed]);
  }
  response.end();
}

/** How many lines are read without a pause for other requests. */
const LINES_AT_ONCE = 50;

async function readPlan(upload: Upload): Promise<ImportPlan> {
  const plan = createImportPlan(Date.now());
  let last = 1;
  for await (const { text, number } of upload.lines()) {
    plan.add(text, number);
    last = number;
    if (number % LINES_AT_ONCE === 0) await yieldToEventLoop();
  }
  return plan.finish(last);
}

async function* readEvents(upload: Upload, from: number): AsyncGenerator<ExportedEvent> {
  for await (const { text, number } of upload.lines()) {
    if (number < from) continue;
    const line = parseExportLine(text, number);
    if (line.type === 'event') yield line;
    if (number % LINES_AT_ONCE === 0) await yieldToEventLoop();
  }
}
