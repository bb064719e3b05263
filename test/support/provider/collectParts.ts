import type { ReplyPart, ReplyProvider, ReplyRequest } from '../../../llm/port.js';
import { someRequest } from './collectReply.js';

/** All parts of a reply, neighbouring deltas of a channel joined, and what it threw. */
export async function collectParts(provider: ReplyProvider, request: Partial<ReplyRequest> = {}, silenceMs = 20_000) {
  const parts: ReplyPart[] = [];
  const signal = new AbortController().signal;
  try {
    for await (const part of provider.streamReply({ ...someRequest, ...request }, { signal, silenceMs })) {
      const last = parts.at(-1);
      if (part.type === 'delta' && last?.type === 'delta' && last.channel === part.channel) last.text += part.text;
      else parts.push({ ...part });
    }
    return { parts, error: undefined };
  } catch (error) {
    return { parts, error };
  }
}
