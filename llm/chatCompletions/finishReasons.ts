import type { FinishReason } from '../port.js';

/** `broken`: the server gave the reply up, and another attempt may succeed. */
type Meaning = FinishReason | 'broken' | 'none';

const words: Record<Meaning, string> = {
  none: 'null none undefined unspecified finishreasonunspecified notfinished inprogress',
  stop: 'stop endturn stopsequence eos eostoken eod end complete completed done finish finished normal',
  length:
    'length maxtokens maxoutputtokens maxcompletiontokens maxnewtokens maxlength modellength lengthlimit tokenlimit ' +
    'outputlimit modelcontextwindowexceeded contextwindowexceeded contextlengthexceeded contextlength errorlimit ' +
    'incomplete truncated',
  content_filter:
    'contentfilter contentfiltered safety recitation blocklist blocked prohibitedcontent spii language imagesafety ' +
    'imageprohibitedcontent imagerecitation modelarmor refusal sensitive guardrail guardrailintervened moderation ' +
    'policyviolation errortoxic',
  tool_calls: 'toolcalls toolcall tooluse functioncall functioncalls',
  broken:
    'error abort aborted cancel cancelled canceled failed failure timeout overloaded networkerror servererror ' +
    'insufficientsystemresource malformedfunctioncall malformedtooluse malformedmodeloutput malformedresponse ' +
    'unexpectedtoolcall missingthoughtsignature',
};

const meanings = new Map(
  Object.entries(words).flatMap(([meaning, list]) => list.split(' ').map((word) => [word, meaning as Meaning])),
);

const MAX_WORD = 100;

/**
 * What a server's finish reason means, in any case and spelling: `MAX_TOKENS`, `max_tokens`, `FinishReason.maxTokens`.
 * Null for none. An unknown one ends the reply like `stop`.
 */
export function finishReasonOf(value: unknown): FinishReason | 'broken' | null {
  if (typeof value !== 'string') return null;
  const last = value.slice(0, MAX_WORD).split('.').at(-1) ?? '';
  const word = last.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (word === '') return null;
  const meaning = meanings.get(word) ?? meanings.get(word.replace(/^finishreason/, '')) ?? 'stop';
  return meaning === 'none' ? null : meaning;
}
