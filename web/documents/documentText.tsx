import { useMemo } from 'preact/hooks';
import type { Change, Document } from '../../client/src/index.js';
import { ChangeDiff } from './changeCard.js';
import { anchorSpan, changePositions, type Piece, splitText } from './changePositions.js';
import { QuoteButton } from './quoteButton.js';
import { changeCardId, changeInTextId, show } from './scrollToChange.js';

type DocumentTextProps = {
  document: Document;
  changes: readonly Change[];
  anchor: { quote: string; start?: number } | null;
  /** The changes that wait, by the number that they are shown with. */
  numbers: ReadonlyMap<string, number>;
};

/** The text as it stands, with what is proposed in its place. */
export function DocumentText({ document: { body }, changes, anchor, numbers }: DocumentTextProps) {
  const passage = useMemo(() => anchorSpan(body, anchor), [body, anchor]);
  const pieces = useMemo(() => splitText(body, changePositions(body, changes), passage), [body, changes, passage]);
  if (body.trim() === '') return <p class="empty">There is no text yet. Write some, or ask for some in the chat.</p>;
  return (
    <>
      {anchor && !passage ? (
        <div class="lost-anchor">
          <p class="hint">This chat is about a passage that is no longer in the text:</p>
          <blockquote class="plain">{anchor.quote}</blockquote>
        </div>
      ) : null}
      <QuoteButton>
        <div class="document-text">
          {pieces.map((piece) => (
            <PieceOfText
              key={piece.start}
              piece={piece}
              number={piece.change ? numbers.get(piece.change.id) : undefined}
            />
          ))}
        </div>
      </QuoteButton>
    </>
  );
}

function PieceOfText({ piece: { text, change, anchored }, number }: { piece: Piece; number: number | undefined }) {
  if (!change) return anchored ? <mark class="anchored">{text}</mark> : text;
  return (
    <span class={anchored ? 'place anchored' : 'place'} id={changeInTextId(change.id)} tabIndex={-1}>
      <button
        type="button"
        class="place-number"
        aria-label={`Change ${number}: show it in the list`}
        onClick={() => show(changeCardId(change.id))}
      >
        {number}
      </button>
      <ChangeDiff original={change.original} proposed={change.proposed} />
    </span>
  );
}
