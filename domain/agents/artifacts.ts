import { z } from 'zod';
import { unstorableReason } from '../text/storable.js';

/** The schema, but refuses values that can not be stored unchanged. */
function storable<T extends z.ZodType>(schema: T): T {
  return schema.superRefine((value, context) => {
    const message = unstorableReason(value);
    if (message) context.addIssue({ code: 'custom', message });
  });
}

/** `max` counts UTF-16 code units. */
const text = (max: number) => storable(z.string().max(max));
const name = () => text(1_000);
const stepId = () => text(200);

/** Content without a fixed schema: any JSON but null, and any JSON object. */
const anything = () => storable(z.unknown().refine((value) => value !== null, { error: 'must not be null' }));
const anyObject = () => storable(z.looseObject({}));

const MAX_STEPS = 10_000;
const MAX_CITATIONS = 10_000;
const MAX_REASONING = 1024 * 1024;

/** A step of a graph. The steps form a flat list: inputs are ids of other steps. */
const graphStep = z.strictObject({
  id: stepId().min(1),
  searchName: name().nullish(),
  kind: name().nullish(),
  operator: name().nullish(),
  displayName: name().nullish(),
  parameters: anyObject().nullish(),
  colocationParams: anyObject().nullish(),
  primaryInputStepId: stepId().nullish(),
  secondaryInputStepId: stepId().nullish(),
});
export type GraphStep = z.infer<typeof graphStep>;

/** Without `rootStepId`, or with one that names no step, there is no plan. */
const graphSnapshot = z.strictObject({
  name: name().optional(),
  recordType: name().optional(),
  rootStepId: stepId().nullish(),
  steps: z.array(graphStep).max(MAX_STEPS),
});

/** The data of the artifact kinds of events, which tools and clients may append. */
export const artifactData = {
  citations: z.strictObject({ citations: z.array(anything()).max(MAX_CITATIONS) }),
  planning_artifact: z.strictObject({ planningArtifact: anything() }),
  reasoning: z.strictObject({ reasoning: text(MAX_REASONING) }),
  model_selected: z.strictObject({ modelId: text(200).min(1) }),
  strategy_meta: z.strictObject({ name: name().optional(), recordType: name().optional() }),
  strategy_link: z.strictObject({ strategyId: z.int(), isSaved: z.boolean() }),
  graph_snapshot: z.strictObject({ graphSnapshot }),
  graph_plan: z.strictObject({ plan: anyObject(), name: name().optional(), recordType: name().optional() }),
  graph_cleared: z.strictObject({}),
} as const;

export type ArtifactKind = keyof typeof artifactData;
export type Artifact = { [K in ArtifactKind]: { kind: K; data: z.infer<(typeof artifactData)[K]> } }[ArtifactKind];

/** Another chat took the strategy. Clients can not append it: the other chat's `strategy_link` does. */
export const strategyUnlinked = z.strictObject({ strategyId: z.int() });
