/** A way that turns can take. Gives the ids of workflows to keep, by the name under which each is kept. */
export type Course<World> = { keeps: string[]; run(world: World): Promise<Record<string, string>> };
