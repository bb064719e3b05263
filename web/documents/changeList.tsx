import type { Change } from '../../client/src/index.js';
import { Section } from '../panel/section.js';
import { t } from '../strings/strings.js';
import { ChangeCard } from './changeCard.js';
import type { ChangePlaces } from './changePlaces.js';
import { changePositions, isOpen } from './changePositions.js';
import type { ChangeStore } from './changeStore.js';
import { changeCardId, changeInTextId, scrollToElement } from './scrollToChange.js';

type ChangeListProps = {
  store: ChangeStore;
  changes: readonly Change[];
  places: ChangePlaces;
  numbers: ReadonlyMap<string, number>;
};

/** All changes: open ones, outdated ones, and those that were accepted or declined. */
export function ChangeList({ store, changes, places, numbers }: ChangeListProps) {
  const open = changes.filter(isOpen);
  const stale = changes.filter((change) => change.state === 'pending' && !isOpen(change));
  const decided = changes.filter(({ state }) => state !== 'pending').toReversed();
  const shownInText = new Set(changePositions(changes, places).map(({ change }) => change.id));
  return (
    <Section title={t().documents.suggested}>
      {changes.length === 0 ? (
        <p class="hint">{t().documents.noSuggestions}</p>
      ) : open.length === 0 ? (
        <p class="hint">{t().documents.noneOpen}</p>
      ) : null}
      <Cards changes={open}>
        {(change) => (
          <ChangeCard
            change={change}
            place={places.of.get(change.id)}
            number={numbers.get(change.id)}
            onAccept={() => store.accept(change.id)}
            onDecline={(comment) => store.decline(change.id, comment)}
          >
            {shownInText.has(change.id) ? (
              <ShowInText change={change} />
            ) : places.of.get(change.id)?.found === false ? null : (
              <span class="hint">{t().documents.overlaps}</span>
            )}
          </ChangeCard>
        )}
      </Cards>
      <Folded count={t().documents.outdatedCount} changes={stale} open>
        {(change) => (
          <ChangeCard
            change={change}
            place={places.of.get(change.id)}
            onDecline={(comment) => store.decline(change.id, comment)}
          />
        )}
      </Folded>
      <Folded count={t().documents.closedCount} changes={decided}>
        {(change) => (
          <ChangeCard change={change}>{shownInText.has(change.id) ? <ShowInText change={change} /> : null}</ChangeCard>
        )}
      </Folded>
    </Section>
  );
}

function ShowInText({ change: { id } }: { change: Change }) {
  return (
    <button type="button" class="quiet change-aside" onClick={() => scrollToElement(changeInTextId(id))}>
      {t().documents.showInText}
    </button>
  );
}

type CardsProps = { changes: readonly Change[]; children(change: Change): preact.VNode };

function Cards({ changes, children }: CardsProps) {
  if (changes.length === 0) return null;
  return (
    <ol class="cards">
      {changes.map((change) => (
        <li key={change.id} id={changeCardId(change.id)} tabIndex={-1}>
          {children(change)}
        </li>
      ))}
    </ol>
  );
}

function Folded({ count, changes, open = false, children }: CardsProps & { count(n: number): string; open?: boolean }) {
  if (changes.length === 0) return null;
  return (
    <details class="folded-changes" open={open}>
      <summary>{count(changes.length)}</summary>
      <Cards changes={changes}>{children}</Cards>
    </details>
  );
}
