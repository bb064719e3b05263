/**
 * Step names, which are wire names, but for those of the classifiers that follow a reply: their steps have their names.
 * `beat` is 0 or 1, or the iteration of an agent. This file must not import the schemas: each workflow evaluates its
 * imports, and the schemas took longer than the whole workflow of a turn.
 */
export const stepName = {
  parse: 'parse',
  addressee: 'addressee',
  reply: (beat: number) => `reply:${beat}`,
  memory: (beat: number) => `memory:${beat}`,
  stateUpdate: (sourceId: string, targetId: string, beat: number) => `state_update:${sourceId}>${targetId}:${beat}`,
  significance: (beat: number) => `significance:${beat}`,
  interjection: 'interjection',
  sceneClose: 'scene_close',
  tool: (callId: string) => `tool:${callId}`,
  title: 'title',
  sceneSummary: (povId: string) => `scene_summary:${povId}`,
};
