import { expect } from '@jest/globals';
import { readFiles } from '../../../api/chats/importedFiles.js';
import { exportChat } from '../../../db/chats/exportChat.js';
import { importChat } from '../../../db/chats/importChat.js';
import type { Pool } from '../../../db/core/pool.js';
import { readEvents } from '../../../db/timeline/log.js';
import { readProjections } from '../../../db/timeline/rebuild/rebuild.js';
import type { ExportedEvent } from '../../../domain/timeline/exportedChat.js';
import { createImportPlan, parseExportLine } from '../../../domain/timeline/importPlan.js';
import { owner } from './chats.js';

const limits = { chats: 1_000_000, characters: 1_000_000, documents: 1_000_000 };

async function* events(lines: string[]): AsyncGenerator<ExportedEvent> {
  for (const [i, text] of lines.entries()) {
    const line = parseExportLine(text, i + 1);
    if (line.type === 'event') yield line;
  }
}

async function* numbered(lines: string[]) {
  for (const [i, text] of lines.entries()) yield { text, number: i + 1 };
}

/** The lines of an export. */
async function exportLines(pool: Pool, chatId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const page of (await exportChat(pool, owner, chatId))!)
    lines.push(...page.map((line) => JSON.stringify(line)));
  return lines;
}

/** A chat made from an export of another. */
async function importCopy(pool: Pool, chatId: string) {
  const lines = await exportLines(pool, chatId);
  const plan = createImportPlan(Date.now());
  for (const [i, text] of lines.entries()) plan.add(text, i + 1);
  const finished = plan.finish(lines.length);
  const upload = { lines: () => numbered(lines), remove: async () => undefined };
  const files = readFiles(upload, finished.eventsFrom);
  return importChat(pool, owner, finished, { files, events: events(lines) }, limits);
}

const idForm = /\b(?:chat|turn|chr|doc|chg|att)_[0-9a-f-]{36}\b/g;

/** Everything of a chat that its log gives; ids that an import replaces are numbered in the order in which they occur. */
async function stateOf(pool: Pool, chatId: string) {
  const log = await readEvents(pool, chatId, { after: 0, limit: 10_000, includeHidden: true });
  const projections = await readProjections(pool, chatId);
  const names = new Map<string, string>([[chatId, 'chat']]);
  const named = (id: string) => {
    const name = names.get(id) ?? `id ${names.size}`;
    names.set(id, name);
    return name;
  };
  const numbered = (value: unknown) => JSON.parse(JSON.stringify(value).replace(idForm, named)) as unknown;
  return [numbered(log), numbered(projections)];
}

/** Expects that an import of the chat's export has the same log with the same marks, and the same projections. */
export async function expectSameWhenImported(pool: Pool, chatId: string): Promise<void> {
  const copy = await importCopy(pool, chatId);
  expect(await stateOf(pool, copy.id)).toEqual(await stateOf(pool, chatId));
}
