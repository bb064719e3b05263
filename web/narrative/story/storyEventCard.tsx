import type { StoryEvent } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';
import { t } from '../../strings/strings.js';

type Artifacts = StoryEvent['artifacts'];

export function StoryEventCard({ event: { title, description, status, artifacts } }: { event: StoryEvent }) {
  const lines = describeArtifacts(artifacts);
  return (
    <article class={status === 'cancelled' ? 'card cancelled' : 'card'}>
      <h5>{title}</h5>
      {description.trim() ? <p class="plain">{description}</p> : null}
      {lines.length > 0 ? (
        <div class="outcome">
          <p class="hint">{t().narrative.outcomes[status]}</p>
          <ul>
            {lines.map((line) => (
              <li key={line} class="plain">
                {line}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </article>
  );
}

const signed = (delta: number) => (delta < 0 ? `−${-delta}` : `+${delta}`);

/** The outcome of a story event, one line for each artifact. */
function describeArtifacts({ knowledgeFacts = [], relationshipChange, acquiredObjects = [] }: Artifacts): string[] {
  const facts = knowledgeFacts.map(({ sourceId, targetId, fact }) =>
    t().narrative.learns(nameOf(sourceId), nameOf(targetId), fact),
  );
  const objects = acquiredObjects.map(({ ownerId, name }) => t().narrative.gets(nameOf(ownerId), name));
  if (!relationshipChange) return [...facts, ...objects];
  const { sourceId, targetId, affinityDelta, trustDelta } = relationshipChange;
  return [
    ...facts,
    t().narrative.changes(nameOf(sourceId), nameOf(targetId), signed(affinityDelta), signed(trustDelta)),
    ...objects,
  ];
}
