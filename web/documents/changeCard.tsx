import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Change } from '../../client/src/index.js';
import { formatTime } from '../parts/labels.js';
import { DecisionRow } from './decisionRow.js';
import { type DiffPart, diffParts } from './diffParts.js';

/** What a change takes out and puts in, word by word. Told apart by lines too, and in words for screen readers. */
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
  /** Its place among those that wait, as it is also shown in the text. */
  number?: number | undefined;
  onAccept?: (() => Promise<unknown>) | undefined;
  onDecline?: ((comment?: string) => Promise<unknown>) | undefined;
  /** Further buttons. */
  children?: ComponentChildren;
};

export function ChangeCard({ change, number, onAccept, onDecline, children }: ChangeCardProps) {
  const { original, proposed, reason, state, staleSince } = change;
  const stale = state === 'pending' && staleSince !== null;
  const name = number === undefined ? 'Change' : `Change ${number}`;
  return (
    <article class={`change ${stale ? 'stale' : state}`} aria-label={name}>
      <header class="row">
        <strong>{name}</strong>
        <StateTag change={change} />
        {children}
      </header>
      <p class="plain change-text">
        <ChangeDiff original={original} proposed={proposed} />
      </p>
      {reason.trim() ? <p class="plain reason">{reason}</p> : null}
      {stale ? (
        <p class="hint">
          The text has changed: the words that this would replace are no longer there since {formatTime(staleSince)}. It
          can’t be accepted any more.
        </p>
      ) : null}
      {state === 'pending' && (onAccept || onDecline) ? (
        <DecisionRow name={name} onAccept={stale ? undefined : onAccept} onDecline={onDecline} />
      ) : null}
    </article>
  );
}

function StateTag({ change: { state, staleSince } }: { change: Change }) {
  switch (state) {
    case 'pending':
      return staleSince === null ? <span class="tag">proposed</span> : <span class="tag warn">out of date</span>;
    case 'accepted':
      return <span class="tag good">accepted</span>;
    case 'declined':
      return <span class="tag bad">declined</span>;
  }
}
