import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Edge } from '../../client/src/index.js';
import { nameOf } from '../data/library.js';
import type { Feelings } from './participants.js';

/** What one of those present feels, towards each of the others. */
export function RelationshipsOf({ feelings: { sourceId, edges } }: { feelings: Feelings }) {
  return (
    <section class="feelings" aria-label={`What ${nameOf(sourceId)} feels`}>
      <h4>{nameOf(sourceId)} feels</h4>
      {edges.map((edge) => (
        <Relationship key={edge.targetId} edge={edge} />
      ))}
    </section>
  );
}

function Relationship({ edge: { sourceId, targetId, affinity, trust, summary, knowledgeFacts } }: { edge: Edge }) {
  const target = nameOf(targetId);
  const label = (what: string) => `${what} of ${nameOf(sourceId)} towards ${target}`;
  return (
    <div class="relationship">
      <p class="towards">
        towards <strong>{target}</strong>
      </p>
      <Bar name="Affinity" value={affinity} label={label('Affinity')} />
      <Bar name="Trust" value={trust} label={label('Trust')} />
      {summary ? <p class="plain summary">{summary}</p> : null}
      {knowledgeFacts.length > 0 ? (
        <details>
          <summary>
            Knows {knowledgeFacts.length === 1 ? 'one thing' : `${knowledgeFacts.length} things`} about {target}
          </summary>
          <ul class="knowledge">
            {knowledgeFacts.map((fact) => (
              <li key={fact} class="plain">
                {fact}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  );
}

function Bar({ name, value, label }: { name: string; value: number; label: string }) {
  const moved = useMovement(value);
  return (
    <div class="bar-row">
      <span class="bar-name">{name}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers let no style sheet move a meter's bar */}
      <div
        class="bar"
        role="meter"
        aria-label={label}
        aria-valuenow={value}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={`${value} of 100, where 50 is neutral`}
      >
        <div class={value < 50 ? 'bar-fill low' : 'bar-fill'} style={{ width: `${value}%` }} />
      </div>
      <span class="bar-value">
        {moved === 0 ? null : (
          <span key={moved} class={moved > 0 ? 'movement up' : 'movement down'}>
            {moved > 0 ? `+${moved}` : `−${-moved}`}
          </span>
        )}
        <span>{value}</span>
      </span>
    </div>
  );
}

const shownForMs = 6_000;

/** How far a value has just moved; 0 again after a while. Moves that follow each other closely add up. */
function useMovement(value: number): number {
  const base = useRef(value);
  const moved = useSignal(0);
  useEffect(() => {
    moved.value = value - base.current;
    if (moved.value === 0) return;
    const timer = setTimeout(() => {
      base.current = value;
      moved.value = 0;
    }, shownForMs);
    return () => clearTimeout(timer);
  }, [value, moved]);
  return moved.value;
}
