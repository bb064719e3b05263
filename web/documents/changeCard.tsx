import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Change } from '../../client/src/index.js';
import type { Place } from '../../domain/documents/places.js';
import { t } from '../strings/strings.js';
import { whyOutdated } from './changePlaces.js';
import { DecisionRow } from './decisionRow.js';
import { type DiffPart, diffParts } from './diffParts.js';

/** The words that a change removes and inserts. */
export function ChangeDiff({ original, proposed }: { original: string; proposed: string }) {
  const parts = useMemo(() => diffParts(original, proposed), [original, proposed]);
  return <span class="change-diff">{parts.map(elementOf)}</span>;
}

function elementOf({ kind, text }: DiffPart, n: number) {
  switch (kind) {
    case 'same':
      return text;
    case 'removed':
      return <del key={n}>{text}</del>;
    case 'added':
      return <ins key={n}>{text}</ins>;
  }
}

type ChangeCardProps = {
  change: Change;
  /** Its number among the open changes, as it is also shown in the text. */
  number?: number | undefined;
  onAccept?: (() => Promise<unknown>) | undefined;
  onDecline?: ((comment?: string) => Promise<unknown>) | undefined;
  /** Where it is in the document; undefined where that is not known. */
  place?: Place | undefined;
  /** Further buttons. */
  children?: ComponentChildren;
};

export function ChangeCard({ change, number, place, onAccept, onDecline, children }: ChangeCardProps) {
  const { original, proposed, reason, state, staleSince } = change;
  const isStale = state === 'pending' && staleSince !== null;
  const isWithoutPlace = state === 'pending' && place?.found === false;
  const name = number === undefined ? t().documents.suggestion : t().documents.suggestionNumber(number);
  return (
    <article class={`change ${isStale ? 'stale' : state}`} aria-label={name}>
      <header class="row">
        <strong>{name}</strong>
        <StateTag change={change} />
        {children}
      </header>
      <p class="plain change-text">
        <ChangeDiff original={original} proposed={proposed} />
      </p>
      {reason.trim() ? <p class="plain reason">{reason}</p> : null}
      {isStale || isWithoutPlace ? (
        <p class="hint">
          {whyOutdated(place)}{' '}
          {staleSince === null
            ? t().documents.notAcceptable
            : t().documents.notAcceptableSince(t().formats.time(staleSince))}
        </p>
      ) : null}
      {state === 'pending' && (onAccept || onDecline) ? (
        <DecisionRow name={name} onAccept={isStale || isWithoutPlace ? undefined : onAccept} onDecline={onDecline} />
      ) : null}
    </article>
  );
}

function StateTag({ change: { state, staleSince } }: { change: Change }) {
  switch (state) {
    case 'pending':
      return staleSince === null ? (
        <span class="tag">{t().documents.states.pending}</span>
      ) : (
        <span class="tag warn">{t().documents.states.stale}</span>
      );
    case 'accepted':
      return <span class="tag good">{t().documents.states.accepted}</span>;
    case 'declined':
      return <span class="tag bad">{t().documents.states.declined}</span>;
  }
}
