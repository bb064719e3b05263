import { z } from 'zod';
import { chatSamplers, samplerNames } from '../turns/turnOptions.js';

/** More iterations than a useful turn needs. */
export const MAX_ITERATIONS = 20;

/**
 * The settings of a chat that can be changed later; narrative and document chats have only the samplers. Null: the
 * server's default.
 */
export const settingsChange = z.object({
  systemPrompt: z.string().nullable().optional(),
  providerId: z.string().nullable().optional(),
  model: z.string().nullable().optional(),
  ...chatSamplers,
  maxIterations: z.number().int().min(1).max(MAX_ITERATIONS).nullable().optional(),
  thinkingEnabled: z.boolean().nullable().optional(),
  enabledTools: z.array(z.string().max(64)).max(200).nullable().optional(),
});
export type SettingsChange = z.infer<typeof settingsChange>;

const names = Object.keys(settingsChange.shape) as (keyof SettingsChange)[];

const ofEveryModel: readonly string[] = samplerNames;

/** Whether a change is of samplers alone, which narrative and document chats have too. */
export const isOfSamplers = (change: SettingsChange): boolean =>
  names.every((name) => change[name] === undefined || ofEveryModel.includes(name));

/** Of a change, what differs from the settings. A setting that is missing and one that is null are the same. */
export function decideSettings(change: SettingsChange, settings: object): SettingsChange {
  const before = settings as SettingsChange;
  const differs = names.filter(
    (name) =>
      change[name] !== undefined && JSON.stringify(change[name] ?? null) !== JSON.stringify(before[name] ?? null),
  );
  return Object.fromEntries(differs.map((name) => [name, change[name]]));
}
