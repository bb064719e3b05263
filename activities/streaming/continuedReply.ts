import { continuedText, continuePrompt } from '../../domain/turns/continueReply.js';
import type { ReplyRequest } from '../../llm/port.js';
import type { KeptText } from './draftWriter.js';
import type { ResumePoint } from './resumePoint.js';
import type { ModelRequest } from './streamedStep.js';

type Continued = { kept: KeptText; request: Pick<ReplyRequest, 'messages' | 'continueFrom'> };

/**
 * How a reply that goes on from the text of an earlier version is asked for, and what its draft begins with. A provider
 * that continues messages gets the text as the beginning of its reply; every other one is told to go on. Null of every
 * other reply.
 */
export function continueVersion(
  { continued, request: { messages } }: ModelRequest,
  point: ResumePoint,
  canPrefill: boolean,
): Continued | null {
  if (continued === undefined) return null;
  const kept = (text: string) => ({ text, thinking: '', inEpoch: false });
  switch (point.from) {
    // The text of earlier attempts begins with that of the version.
    case 'prefix':
      return { kept: kept(continued), request: { messages, continueFrom: point.prefix.text } };
    case 'nothing':
      if (canPrefill) return { kept: kept(continued), request: { messages, continueFrom: continued } };
      return { kept: kept(continuedText(continued)), request: { messages: continuePrompt(messages, continued) } };
    case 'response':
      return { kept: kept(continuedText(continued)), request: { messages: continuePrompt(messages, continued) } };
  }
}
