import { z } from 'zod';
import { providerRef } from '../log/references.js';
import { chatOptionChanges } from '../turns/turnOptionSchemas.js';
import { optionNames } from '../turns/turnOptions.js';

/** More iterations than a useful turn needs. */
export const MAX_ITERATIONS = 20;

/**
 * The settings of a chat that can be changed later; narrative and document chats have only those that are options of
 * a turn too. Null: the server's default.
 */
export const settingsChange = z.object({
  systemPrompt: z.string().nullable().optional(),
  providerId: providerRef.nullable().optional(),
  model: z.string().nullable().optional(),
  ...chatOptionChanges,
  maxIterations: z.number().int().min(1).max(MAX_ITERATIONS).nullable().optional(),
  thinkingEnabled: z.boolean().nullable().optional(),
  enabledTools: z.array(z.string().max(64)).max(200).nullable().optional(),
});
export type SettingsChange = z.infer<typeof settingsChange>;

const names = Object.keys(settingsChange.shape) as (keyof SettingsChange)[];

const ofEveryChat: readonly string[] = optionNames;

/** Whether a change is of options of turns alone, which narrative and document chats have too. */
export const isOfTurnOptions = (change: SettingsChange): boolean =>
  names.every((name) => change[name] === undefined || ofEveryChat.includes(name));

/** Of a change, what differs from the settings. A setting that is missing and one that is null are the same. */
export function decideSettings(change: SettingsChange, settings: object): SettingsChange {
  const before = settings as SettingsChange;
  const differs = names.filter(
    (name) =>
      change[name] !== undefined && JSON.stringify(change[name] ?? null) !== JSON.stringify(before[name] ?? null),
  );
  return Object.fromEntries(differs.map((name) => [name, change[name]]));
}
