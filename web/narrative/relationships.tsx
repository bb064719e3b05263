import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Edge } from '../../client/src/index.js';
import { nameOf } from '../data/library.js';
import { EditRelationship } from '../dialogs/lazyDialogs.js';
import { t } from '../strings/strings.js';
import type { Relationships } from './participants.js';

/** The affinity and trust of one participant towards the others. */
export function RelationshipsOf({ relationships, participants, ...saving }: RelationshipsProps) {
  const { sourceId, edges } = relationships;
  const isPresent = (id: string) => participants.includes(id);
  return (
    <section class="relationships" aria-label={t().narrative.relationshipsOf(nameOf(sourceId))}>
      <h4>{nameOf(sourceId)}</h4>
      {edges.map((edge) => (
        <Relationship
          key={edge.targetId}
          edge={edge}
          canEdit={isPresent(sourceId) && isPresent(edge.targetId)}
          {...saving}
        />
      ))}
    </section>
  );
}

type Saving = { chatId: string; onSaved(): void };
type RelationshipsProps = Saving & { relationships: Relationships; participants: readonly string[] };

function Relationship({ edge, canEdit, chatId, onSaved }: Saving & { edge: Edge; canEdit: boolean }) {
  const isEditing = useSignal(false);
  const [source, target] = [nameOf(edge.sourceId), nameOf(edge.targetId)];
  return (
    <div class="relationship">
      <div class="row between">
        <p class="towards">
          {t().narrative.towards} <strong>{target}</strong>
        </p>
        {canEdit && !isEditing.value ? (
          <button
            type="button"
            class="quiet"
            aria-label={t().narrative.editRelationship(source, target)}
            onClick={() => (isEditing.value = true)}
          >
            {t().common.edit}
          </button>
        ) : null}
      </div>
      {isEditing.value ? (
        <EditRelationship chatId={chatId} edge={edge} onSaved={onSaved} onClose={() => (isEditing.value = false)} />
      ) : (
        <RelationshipState edge={edge} source={source} target={target} />
      )}
    </div>
  );
}

function RelationshipState({ edge, source, target }: { edge: Edge; source: string; target: string }) {
  const { affinity, trust, summary, knowledgeFacts } = edge;
  const label = (what: string) => t().narrative.valueOf(what, source, target);
  return (
    <>
      <Bar name={t().narrative.affinity} value={affinity} label={label(t().narrative.affinity)} />
      <Bar name={t().narrative.trust} value={trust} label={label(t().narrative.trust)} />
      {summary ? <p class="plain summary">{summary}</p> : null}
      {knowledgeFacts.length > 0 ? (
        <details>
          <summary>{t().narrative.knownFacts(knowledgeFacts.length, target)}</summary>
          <ul class="knowledge">
            {knowledgeFacts.map((fact) => (
              <li key={fact} class="plain">
                {fact}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

function Bar({ name, value, label }: { name: string; value: number; label: string }) {
  const change = useRecentChange(value);
  return (
    <div class="bar-row">
      <span class="bar-name">{name}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers do not let a style sheet set the bar of a meter element */}
      <div
        class="bar"
        role="meter"
        aria-label={label}
        aria-valuenow={value}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={t().narrative.ofHundred(value)}
      >
        <div class={value < 50 ? 'bar-fill low' : 'bar-fill'} style={{ width: `${value}%` }} />
      </div>
      <span class="bar-value">
        {change === 0 ? null : (
          <span key={change} class={change > 0 ? 'recent-change up' : 'recent-change down'}>
            {change > 0 ? `+${change}` : `−${-change}`}
          </span>
        )}
        <span>{value}</span>
      </span>
    </div>
  );
}

const shownForMs = 6_000;

/** The change of a value within the last six seconds, or since it last was stable for as long; 0 where there is none. */
function useRecentChange(value: number): number {
  const stableValue = useRef(value);
  const change = useSignal(0);
  useEffect(() => {
    change.value = value - stableValue.current;
    if (change.value === 0) return;
    const timer = setTimeout(() => {
      stableValue.current = value;
      change.value = 0;
    }, shownForMs);
    return () => clearTimeout(timer);
  }, [value, change]);
  return change.value;
}
