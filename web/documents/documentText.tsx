import { useMemo } from 'preact/hooks';
import type { Change, Document } from '../../client/src/index.js';
import { t } from '../strings/strings.js';
import { ChangeDiff } from './changeCard.js';
import type { ChangePlaces } from './changePlaces.js';
import { changePositions, isOpen, type Piece, splitText } from './changePositions.js';
import { QuoteButton } from './quoteButton.js';
import { changeCardId, changeInTextId, scrollToElement } from './scrollToChange.js';

type DocumentTextProps = {
  document: Document;
  changes: readonly Change[];
  places: ChangePlaces;
  anchor: { quote: string; start?: number } | null;
  /** The numbers that open changes are shown with. */
  numbers: ReadonlyMap<string, number>;
};

/** The text of the document, with open changes shown in place, and accepted ones marked. */
export function DocumentText({ document: { body }, changes, places, anchor, numbers }: DocumentTextProps) {
  const { passage } = places;
  const pieces = useMemo(
    () => splitText(body, changePositions(changes, places), passage),
    [body, changes, places, passage],
  );
  if (body.trim() === '') return <p class="empty">{t().documents.empty}</p>;
  return (
    <>
      {anchor && !passage ? (
        <div class="lost-anchor">
          <p class="hint">{t().documents.lostPassage}</p>
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

function PieceOfText({ piece: { text, change, isAnchored }, number }: { piece: Piece; number: number | undefined }) {
  if (!change) return isAnchored ? <mark class="anchored">{text}</mark> : text;
  if (!isOpen(change))
    return (
      <span class={isAnchored ? 'anchored' : undefined} id={changeInTextId(change.id)} tabIndex={-1}>
        {text}
      </span>
    );
  return (
    <span
      class={isAnchored ? 'change-in-text anchored' : 'change-in-text'}
      id={changeInTextId(change.id)}
      tabIndex={-1}
    >
      <button
        type="button"
        class="change-number"
        aria-label={t().documents.showInList(number ?? 0)}
        onClick={() => scrollToElement(changeCardId(change.id))}
      >
        {number}
      </button>
      <ChangeDiff original={text} proposed={change.proposed} />
    </span>
  );
}
