/** The parts of steps' names that are the same in every chat: without characters, beats and ids. */
export const stepFamilies = [
  'parse',
  'addressee',
  'reply',
  'memory',
  'state_update',
  'significance',
  'interjection',
  'event_lifecycle',
  'scene_close',
  'scene_summary',
  'tool',
  'other',
] as const;

export type StepFamily = (typeof stepFamilies)[number];

/** `state_update` of `state_update:chr_1>you:0`: few enough to be a label of metrics. */
export function stepFamily(step: string): StepFamily {
  const [first] = step.split(':');
  return stepFamilies.find((family) => family === first) ?? 'other';
}
