/** A step of a plan as it is shown. `chain`: the steps that lead to one another, the last is the result. */
export type PlanStep = { name: string; operator: string | null; from: PlanChain | null };
export type PlanChain = { steps: readonly PlanStep[]; left: number };

/** A chain may be thousands of steps long, and each may have another beside it. */
const longest = 100;
const deepest = 6;

/**
 * The chain of primary inputs that ends in a step, with the chains that join it on the side. `left`: how many steps
 * before these are not shown. Null where a chain would be too deep to be read, or it is none.
 */
export function chainOf(root: unknown, depth = 0): PlanChain | null {
  if (!isRecord(root) || depth >= deepest) return null;
  const nodes: Record<string, unknown>[] = [];
  for (let node: unknown = root; isRecord(node); node = node.primaryInput) nodes.push(node);
  const steps = nodes
    .slice(0, longest)
    .reverse()
    .map((node) => ({
      name: nameOfStep(node),
      operator: words(node.operator),
      from: chainOf(node.secondaryInput, depth + 1),
    }));
  return { steps, left: nodes.length - steps.length };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const words = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

export function nameOfStep(step: Record<string, unknown>): string {
  const searchName = words(step.searchName);
  const known = searchName === '__combine__' ? 'Combine' : searchName === '__unknown__' ? null : searchName;
  return words(step.displayName) ?? known ?? words(step.id) ?? 'A step';
}
