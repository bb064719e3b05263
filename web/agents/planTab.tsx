import type { Projection } from '../../client/src/index.js';
import { Facts, Section } from '../panel/section.js';
import { t } from '../strings/strings.js';
import { chainOf, nameOfStep, type PlanChain } from './planChain.js';

/** The plan that an agent's artifacts make: a tree of steps, and its facts. */
export function PlanTab({ projection }: { projection: Projection }) {
  const { name, recordType, modelId, plan, steps, strategyId, isSaved } = projection;
  const chain = chainOf(plan?.root);
  return (
    <>
      <Section title={name ?? t().agents.plan}>
        <Facts
          facts={[
            [t().agents.recordType, recordType],
            [t().agents.model, modelId],
            [t().agents.strategy, strategyId === null ? null : savedText(String(strategyId), isSaved)],
          ]}
        />
      </Section>
      <Section title={t().agents.steps}>{chain ? <Chain chain={chain} /> : <StepList steps={steps} />}</Section>
    </>
  );
}

const savedText = (id: string, isSaved: boolean): string => (isSaved ? t().agents.saved(id) : t().agents.notSaved(id));

/** Steps in the order in which they run. The steps of a secondary input are listed under the step that uses them. */
function Chain({ chain: { steps, omitted } }: { chain: PlanChain }) {
  return (
    <>
      {omitted > 0 ? <p class="hint">{t().agents.earlierSteps(omitted)}</p> : null}
      <ol class="plan" start={omitted + 1}>
        {steps.map(({ name, operator, secondary }, n) => (
          <li key={n}>
            <span class="plan-step">
              {name} {operator ? <span class="tag">{operator.toLowerCase()}</span> : null}
            </span>
            {secondary ? (
              <div class="plan-side">
                <p class="hint">{t().agents.combinedWith}</p>
                <Chain chain={secondary} />
              </div>
            ) : null}
          </li>
        ))}
      </ol>
    </>
  );
}

const maxSteps = 100;

function StepList({ steps }: { steps: Projection['steps'] }) {
  const shown = steps.slice(0, maxSteps);
  return (
    <>
      <p class="hint">{steps.length === 0 ? t().agents.noSteps : t().agents.looseSteps}</p>
      <ul class="plan">
        {shown.map((step, n) => (
          <li key={n}>{nameOfStep(step)}</li>
        ))}
      </ul>
      {steps.length > shown.length ? <p class="hint">{t().agents.moreSteps(steps.length - shown.length)}</p> : null}
    </>
  );
}
