import type { GraphStep } from './artifacts.js';

/** A step of a plan with its inputs. A step that is the input of several others is one shared node. */
export type PlanNode = {
  id: string;
  searchName: string;
  parameters: Record<string, unknown>;
  displayName?: string;
  operator?: string;
  colocationParams?: Record<string, unknown>;
  primaryInput?: PlanNode;
  secondaryInput?: PlanNode;
};

export type Plan = { recordType: string | null; root: PlanNode; metadata: { name: string | null } };

type Graph = { steps: readonly GraphStep[]; rootStepId: string | null };

/** The longest JSON of a plan, in UTF-16 code units. Longer than the steps of any accepted request. */
const MAX_LENGTH = 8 * 1024 * 1024;

/**
 * Builds the tree of a graph from its flat steps. Returns null if the root or an input is missing, an id occurs twice,
 * or there is a cycle. A step that is the input of several others occurs under each of them; null if the tree's JSON
 * gets too long. Takes linear time and does not recurse: chains may have thousands of steps.
 */
export function buildPlan(graph: Graph): PlanNode | null {
  const byId = new Map(graph.steps.map((step) => [step.id, step]));
  if (byId.size < graph.steps.length || graph.rootStepId === null) return null;
  const order = inputsFirst(byId, graph.rootStepId);
  if (!order) return null;
  const nodes = new Map<string, { node: PlanNode; length: number }>();
  for (const step of order) {
    const node = toNode(step);
    let length = own(node).length;
    for (const [as, inputId] of inputsOf(step)) {
      const input = nodes.get(inputId)!;
      node[as] = input.node;
      length += input.length;
    }
    if (length > MAX_LENGTH) return null;
    nodes.set(step.id, { node, length });
  }
  return nodes.get(graph.rootStepId)!.node;
}

const inputsOf = (step: GraphStep) =>
  [['primaryInput', step.primaryInputStepId] as const, ['secondaryInput', step.secondaryInputStepId] as const].flatMap(
    ([as, id]) => (id ? [[as, id] as const] : []),
  );

/** The steps under a root in topological order, inputs first. Null if a step is missing or there is a cycle. */
function inputsFirst(byId: Map<string, GraphStep>, rootId: string): GraphStep[] | null {
  const order: GraphStep[] = [];
  const seen = new Map<string, 'open' | 'done'>();
  const stack = [rootId];
  for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
    const step = byId.get(id);
    if (!step) return null;
    // The step is on top a second time: its inputs are done.
    if (seen.has(id)) {
      if (seen.get(id) === 'open') order.push(step);
      seen.set(id, 'done');
      stack.pop();
      continue;
    }
    seen.set(id, 'open');
    for (const [, inputId] of inputsOf(step)) {
      // An open step that is not on top is an ancestor: a cycle.
      if (seen.get(inputId) === 'open') return null;
      if (!seen.has(inputId)) stack.push(inputId);
    }
  }
  return order;
}

function toNode(step: GraphStep): PlanNode {
  const { id, searchName, displayName, operator, colocationParams } = step;
  return {
    id,
    searchName: searchName || (isCombine(step) ? '__combine__' : '__unknown__'),
    parameters: step.parameters ?? {},
    ...(displayName ? { displayName } : {}),
    ...(operator ? { operator } : {}),
    ...(colocationParams ? { colocationParams } : {}),
  };
}

const isCombine = (step: GraphStep) => step.kind === 'combine' || inputsOf(step).length === 2;

/** A node's JSON without its inputs. */
const own = ({ primaryInput: _, secondaryInput: __, ...fields }: PlanNode) => JSON.stringify(fields);

/** A plan as JSON. Does not recurse, unlike `JSON.stringify`, which fails on a chain of some thousands of nodes. */
export function planJson({ recordType, root, metadata }: Plan): string {
  const parts: string[] = [];
  const written = new Map<PlanNode, string>();
  const rest: (PlanNode | string)[] = [root];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next === 'string') {
      parts.push(next);
      continue;
    }
    const text = written.get(next) ?? own(next).slice(0, -1);
    written.set(next, text);
    parts.push(text);
    rest.push('}');
    if (next.secondaryInput) rest.push(next.secondaryInput, ',"secondaryInput":');
    if (next.primaryInput) rest.push(next.primaryInput, ',"primaryInput":');
  }
  return `{"recordType":${JSON.stringify(recordType)},"root":${parts.join('')},"metadata":${JSON.stringify(metadata)}}`;
}
