import type { OpenChat } from '../data/stream/openChat.js';
import { Markdown } from '../parts/markdown.js';
import { t } from '../strings/strings.js';
import { partsOf, type ReplyPart } from './changeBlocks.js';
import { ChangeCard, ChangeDiff } from './changeCard.js';
import { useChangeStore } from './changeStore.js';

type ReplyProps = { chat: OpenChat; text: string; isStreaming: boolean; changeIds: readonly string[] | null };

/**
 * A reply about a document, with its change blocks as diffs. The server decides which blocks are changes: where it
 * found another number of them than this page, the text is shown as it is, and the changes after it.
 */
export function ReplyWithChanges({ chat, text, isStreaming, changeIds }: ReplyProps) {
  const { document } = useChangeStore(chat);
  const count = changeIds?.length ?? null;
  const hasCount = (some: ReplyPart[]) => some.filter(({ type }) => type === 'change').length === count;
  const strict = partsOf(text);
  // Whether the document had text when the reply ended is known from the number of changes; until then, from its text.
  const beginning = partsOf(text, true);
  const isBeginning = count === null ? document.value?.body.trim() === '' : !hasCount(strict);
  const parts = isBeginning ? beginning : strict;
  const isAgreed = changeIds === null || hasCount(parts);
  if (!isStreaming && !isAgreed) {
    return (
      <>
        <Markdown text={text} />
        {changeIds.map((id) => (
          <SuggestedChange key={id} chat={chat} id={id} />
        ))}
      </>
    );
  }
  let n = 0;
  return (
    <>
      {parts.map((part, at) => {
        const id = part.type === 'change' ? changeIds?.[n++] : undefined;
        return <Part key={at} part={part} chat={chat} id={id} isStreaming={isStreaming} />;
      })}
    </>
  );
}

type PartProps = { part: ReplyPart; chat: OpenChat; id: string | undefined; isStreaming: boolean };

function Part({ part, chat, id, isStreaming }: PartProps) {
  switch (part.type) {
    case 'prose':
      return <Markdown text={part.text} />;
    case 'unfinished':
      return isStreaming ? <p class="waiting">{t().documents.writing}</p> : <Markdown text={part.text} />;
    case 'change':
      return id ? (
        <SuggestedChange chat={chat} id={id} />
      ) : (
        <ChangeDiff original={part.original} proposed={part.proposed} />
      );
  }
}

/** A suggested change with its current state, and the buttons to accept or decline it. */
function SuggestedChange({ chat, id }: { chat: OpenChat; id: string }) {
  const { changes, places, accept, decline } = useChangeStore(chat);
  const change = changes.value?.find((each) => each.id === id);
  if (!change) return null;
  return (
    <ChangeCard
      change={change}
      place={places.value?.of.get(id)}
      onAccept={() => accept(id)}
      onDecline={(comment?: string) => decline(id, comment)}
    />
  );
}
