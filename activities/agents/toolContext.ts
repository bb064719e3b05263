import type { CallKey } from '../../db/agents/toolCalls.js';
import type { Pool } from '../../db/core/pool.js';
import { readDocumentOfChat } from '../../db/documents/documents.js';
import { proposeEdit } from '../../db/documents/proposeEdit.js';
import { searchMemories, searchMessages } from '../../db/timeline/searchChat.js';
import type { ToolContext } from '../../llm/tools/builtins.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';

/** The access of built-in tools to the chat in which they are called. */
export function createToolContext(pool: Pool, call: CallKey & { chatId: string }): ToolContext {
  return {
    searchMemories: (query) => retryWhileDatabaseAway(() => searchMemories(pool, call.chatId, query)),
    searchMessages: (query) => retryWhileDatabaseAway(() => searchMessages(pool, call.chatId, query)),
    readDocument: () => retryWhileDatabaseAway(() => readDocumentOfChat(pool, call.chatId)),
    proposeEdit: (edit) => retryWhileDatabaseAway(() => proposeEdit(pool, call, edit)),
  };
}
