import { t } from '../strings/strings.js';
/** A step of a plan. `secondary`: the steps of its secondary input. */
export type PlanStep = { name: string; operator: string | null; secondary: PlanChain | null };
/** Steps in the order in which they run; the last one gives the result. `omitted`: how many steps before them are left out. */
export type PlanChain = { steps: readonly PlanStep[]; omitted: number };

/** Bounds of what is shown: a plan comes from a model, and may be thousands of steps long or deep. */
const maxSteps = 100;
const maxDepth = 6;

/** The chain of primary inputs that ends in `root`. Null where `root` is not a step, or deeper than `maxDepth`. */
export function chainOf(root: unknown, depth = 0): PlanChain | null {
  if (!isRecord(root) || depth >= maxDepth) return null;
  const nodes: Record<string, unknown>[] = [];
  for (let node: unknown = root; isRecord(node); node = node.primaryInput) nodes.push(node);
  const steps = nodes
    .slice(0, maxSteps)
    .reverse()
    .map((node) => ({
      name: nameOfStep(node),
      operator: textOf(node.operator),
      secondary: chainOf(node.secondaryInput, depth + 1),
    }));
  return { steps, omitted: nodes.length - steps.length };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

export function nameOfStep(step: Record<string, unknown>): string {
  const searchName = textOf(step.searchName);
  const known = searchName === '__combine__' ? t().agents.combine : searchName === '__unknown__' ? null : searchName;
  return textOf(step.displayName) ?? known ?? textOf(step.id) ?? t().agents.unnamedStep;
}
