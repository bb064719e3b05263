import { z } from 'zod';

/**
 * Settings stand in the body of a chat, and may stand in its `settings` as well, which is where the resource has them
 * too. A setting that is given in both places is refused.
 */

type Fields = z.ZodRawShape;

/** Fields of a body and, all optional, the same below `settings`. */
export const withNested = <S extends Fields>(fields: S) => ({
  ...fields,
  settings: z.strictObject(fields).partial().optional().meta({ description: 'the same fields, in one object' }),
});

type Issues = { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void };

/** Refuses a field that is given in both places. For `superRefine`. */
export function onlyOnce(body: object, issues: Issues): void {
  const { settings, ...flat } = body as { settings?: object } & Record<string, unknown>;
  for (const name of Object.keys(settings ?? {}))
    if (flat[name] !== undefined)
      issues.addIssue({ code: 'custom', path: ['settings', name], message: 'is given outside of settings too' });
}

/** The fields of a body with those of its `settings` among them. */
export function flattened<Nested extends object, Body extends { settings?: Nested | undefined }>({
  settings,
  ...flat
}: Body): Omit<Body, 'settings'> & Nested {
  return { ...(settings as Nested), ...flat };
}
