import type { Db } from '../../db/core/pool.js';
import { readDocumentPrompt } from '../../db/documents/readDocumentPrompt.js';
import { readPromptInput } from '../../db/narrative/readPrompt.js';
import { readRelayRequest } from '../../db/relay/readRelayRequest.js';
import { type DocumentPromptInput, documentPrompt } from '../../domain/documents/documentPrompt.js';
import type { DraftKey } from '../../domain/log/frames.js';
import {
  narrativePrompt,
  type PromptInput,
  type PromptLimits,
  type PromptMessage,
} from '../../domain/narrative/prompt.js';
import type { RelayRequest } from '../../domain/relay/relay.js';
import type { ReplyKind } from '../../domain/turns/turn.js';

/** What a reply is made from, by kind of chat. */
export type ReplyPrompt =
  | { kind: 'narrative'; input: PromptInput }
  | { kind: 'document'; input: DocumentPromptInput }
  | { kind: 'relay'; request: RelayRequest };

/** Null where the turn was deleted. */
export async function readReplyPrompt(
  db: Db,
  key: DraftKey & { speakerId: string },
  kind: ReplyKind,
): Promise<ReplyPrompt | null> {
  switch (kind) {
    case 'narrative': {
      const input = await readPromptInput(db, key);
      return input && { kind, input };
    }
    case 'document': {
      const input = await readDocumentPrompt(db, key.turnId);
      return input && { kind, input };
    }
    case 'relay': {
      const request = await readRelayRequest(db, key.turnId);
      return request && { kind, request };
    }
  }
}

/** The messages of a request. An upstream reads none of them: by them its tokens are counted. */
export function promptMessages(prompt: ReplyPrompt, limits: PromptLimits): PromptMessage[] {
  switch (prompt.kind) {
    case 'narrative':
      return narrativePrompt(prompt.input, limits);
    case 'document':
      return documentPrompt(prompt.input, limits);
    case 'relay':
      return [...(prompt.request.primer ?? []), { role: 'user', content: prompt.request.message }];
  }
}
