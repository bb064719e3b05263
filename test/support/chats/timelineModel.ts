/** What a timeline ought to hold, kept beside the real one: plain values, and no log. */
export type Version = { turnId: string; prose: string; reply: string | null; delta: number | null; order: number };
/** A user turn with the versions of its reply. The first may have none: it was stopped before anything had arrived. */
export type Exchange = { versions: readonly Version[]; active: number };
export type Model = readonly Exchange[];

export const activeOf = ({ versions, active }: Exchange): Version => versions[active]!;

export const said = (model: Model, version: Version): Model => [...model, { versions: [version], active: 0 }];

/** The last reply was regenerated. */
export function regenerated(model: Model, version: Version): Model {
  const last = model.at(-1);
  if (!last) throw new Error('there is no reply');
  return [...model.slice(0, -1), { versions: [...last.versions, version], active: last.versions.length }];
}

export const chosen = (model: Model, exchange: number, version: number): Model =>
  model.map((each, i) => (i === exchange ? { ...each, active: version } : each));

/** A reply was edited by hand: a version more, which is the active one. */
export const editedByHand = (model: Model, exchange: number, version: Version): Model =>
  model.map((each, i) =>
    i === exchange ? { versions: [...each.versions, version], active: each.versions.length } : each,
  );

export const spoken = (model: Model): string[] =>
  model.map(activeOf).flatMap(({ prose, reply }) => (reply === null ? [prose] : [prose, reply]));

/** The versions that can be chosen, and the one in the timeline. */
export const listed = ({ versions, active }: Exchange) =>
  versions.flatMap(({ turnId, reply }, i) =>
    reply !== null || i === active ? [{ turnId, active: i === active, text: reply ?? undefined }] : [],
  );

/** How the host feels: the changes of the active versions in the order in which they came, on a scale of 0 to 100. */
export function affinity(model: Model): number | undefined {
  const changes = model.map(activeOf).sort((a, b) => a.order - b.order);
  const deltas = changes.flatMap(({ delta }) => (delta === null ? [] : [delta]));
  if (deltas.length === 0) return undefined;
  return deltas.reduce((value, delta) => Math.min(100, Math.max(0, value + delta)), 50);
}

/** The states that a rewind can go back to: those in the timeline, each with the log's seq at its end. */
export type Past = readonly { seq: number; model: Model }[];
