import type { StoryEvent } from '../../client/src/index.js';
import { nameOf } from '../data/library.js';

type Artifacts = StoryEvent['artifacts'];

export function StoryEventCard({ event: { title, description, status, artifacts } }: { event: StoryEvent }) {
  const lines = inWords(artifacts);
  return (
    <article class={status === 'cancelled' ? 'card called-off' : 'card'}>
      <h5>{title}</h5>
      {description.trim() ? <p class="plain">{description}</p> : null}
      {lines.length > 0 ? (
        <div class="brings">
          <p class="hint">{bringsWords[status]}</p>
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

const bringsWords: Record<StoryEvent['status'], string> = {
  planned: 'When it is complete:',
  active: 'When it is complete:',
  completed: 'It brought:',
  cancelled: 'It would have brought:',
};

const signed = (delta: number) => (delta < 0 ? `−${-delta}` : `+${delta}`);

/** What a story event brings, a line each. */
function inWords({ knowledgeFacts = [], relationshipChange, acquiredObjects = [] }: Artifacts): string[] {
  const facts = knowledgeFacts.map(
    ({ sourceId, targetId, fact }) => `${nameOf(sourceId)} learns about ${nameOf(targetId)}: ${fact}`,
  );
  const objects = acquiredObjects.map(({ ownerId, name }) => `${nameOf(ownerId)} gets: ${name}`);
  if (!relationshipChange) return [...facts, ...objects];
  const { sourceId, targetId, affinityDelta, trustDelta } = relationshipChange;
  const moves = `affinity ${signed(affinityDelta)}, trust ${signed(trustDelta)}`;
  return [...facts, `${nameOf(sourceId)} towards ${nameOf(targetId)}: ${moves}`, ...objects];
}
