import type { OpenChat } from '../data/openChat.js';
import { Markdown } from '../parts/markdown.js';
import { partsOf, type ReplyPart } from './changeBlocks.js';
import { ChangeCard, ChangeDiff } from './changeCard.js';
import { useChanges } from './changeStore.js';

type ReplyProps = { chat: OpenChat; text: string; streaming: boolean; changeIds: readonly string[] | null };

/**
 * A reply about a document, its change blocks as diffs. Which blocks count is the server's word: where it found
 * others than are seen here, they are listed after the text as it is.
 */
export function ReplyWithChanges({ chat, text, streaming, changeIds }: ReplyProps) {
  const parts = partsOf(text);
  const blocks = parts.filter((part) => part.type === 'change').length;
  const agreed = changeIds === null || changeIds.length === blocks;
  if (!streaming && !agreed) {
    return (
      <>
        <Markdown text={text} />
        {changeIds.map((id) => (
          <Proposed key={id} chat={chat} id={id} />
        ))}
      </>
    );
  }
  let n = 0;
  return (
    <>
      {parts.map((part, at) => {
        const id = part.type === 'change' ? changeIds?.[n++] : undefined;
        return <Part key={at} part={part} chat={chat} id={id} streaming={streaming} />;
      })}
    </>
  );
}

type PartProps = { part: ReplyPart; chat: OpenChat; id: string | undefined; streaming: boolean };

function Part({ part, chat, id, streaming }: PartProps) {
  switch (part.type) {
    case 'prose':
      return <Markdown text={part.text} />;
    case 'unfinished':
      return streaming ? <p class="waiting">Writing a change…</p> : <Markdown text={part.text} />;
    case 'change':
      return id ? <Proposed chat={chat} id={id} /> : <ChangeDiff original={part.original} proposed={part.proposed} />;
  }
}

/** A change as it stands now, to be decided on. */
function Proposed({ chat, id }: { chat: OpenChat; id: string }) {
  const { changes, accept, decline } = useChanges(chat);
  const change = changes.value?.find((each) => each.id === id);
  if (!change) return null;
  return (
    <ChangeCard change={change} onAccept={() => accept(id)} onDecline={(comment?: string) => decline(id, comment)} />
  );
}
