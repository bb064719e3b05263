import type { Projection } from '../../client/src/index.js';
import { Facts, Section } from '../panel/section.js';
import { chainOf, nameOfStep, type PlanChain } from './planChain.js';

/** What an agent has put together: a tree of steps, and what is known of it. */
export function PlanTab({ projection }: { projection: Projection }) {
  const { name, recordType, modelId, plan, steps, strategyId, isSaved } = projection;
  const chain = chainOf(plan?.root);
  return (
    <>
      <Section title={name ?? 'Plan'}>
        <Facts
          facts={[
            ['Record type', recordType],
            ['Model', modelId],
            ['Strategy', strategyId === null ? null : `${strategyId}, ${isSaved ? 'saved' : 'not saved'}`],
          ]}
        />
      </Section>
      <Section title="Steps">{chain ? <Chain chain={chain} /> : <Flat steps={steps} />}</Section>
    </>
  );
}

/** Steps in the order in which they are done; what joins one on the side stands under it. */
function Chain({ chain: { steps, left } }: { chain: PlanChain }) {
  return (
    <>
      {left > 0 ? <p class="hint">{left} earlier steps are not shown.</p> : null}
      <ol class="plan" start={left + 1}>
        {steps.map(({ name, operator, from }, n) => (
          <li key={n}>
            <span class="plan-step">
              {name} {operator ? <span class="tag">{operator.toLowerCase()}</span> : null}
            </span>
            {from ? (
              <div class="plan-side">
                <p class="hint">with</p>
                <Chain chain={from} />
              </div>
            ) : null}
          </li>
        ))}
      </ol>
    </>
  );
}

const most = 100;

function Flat({ steps }: { steps: Projection['steps'] }) {
  const shown = steps.slice(0, most);
  return (
    <>
      <p class="hint">
        {steps.length === 0 ? 'The plan has no steps that can be shown.' : 'These steps do not make one plan yet.'}
      </p>
      <ul class="plan">
        {shown.map((step, n) => (
          <li key={n}>{nameOfStep(step)}</li>
        ))}
      </ul>
      {steps.length > shown.length ? <p class="hint">And {steps.length - shown.length} more.</p> : null}
    </>
  );
}
