import { z } from 'zod';

/** More iterations than a useful turn needs. */
export const MAX_ITERATIONS = 20;

/** The settings of an agent chat that can be changed later. Null: the server's default. */
export const settingsChange = z.object({
  systemPrompt: z.string().nullable().optional(),
  providerId: z.string().nullable().optional(),
  model: z.string().nullable().optional(),
  temperature: z.number().min(0).max(2).nullable().optional(),
  maxIterations: z.number().int().min(1).max(MAX_ITERATIONS).nullable().optional(),
  thinkingEnabled: z.boolean().nullable().optional(),
  enabledTools: z.array(z.string().max(64)).max(200).nullable().optional(),
});
export type SettingsChange = z.infer<typeof settingsChange>;

const names = Object.keys(settingsChange.shape) as (keyof SettingsChange)[];

/** Of a change, what differs from the settings. A setting that is missing and one that is null are the same. */
export function decideSettings(change: SettingsChange, settings: object): SettingsChange {
  const before = settings as SettingsChange;
  const differs = names.filter(
    (name) =>
      change[name] !== undefined && JSON.stringify(change[name] ?? null) !== JSON.stringify(before[name] ?? null),
  );
  return Object.fromEntries(differs.map((name) => [name, change[name]]));
}
