/**
 * Step names, as in the contract. `beat` is 0 or 1, or the iteration of an agent. In a file of its own, because
 * workflows need it: each of them evaluates anew what it imports, and the schemas beside it took longer than a
 * whole turn's workflow.
 */
export const stepName = {
  parse: 'parse',
  addressee: 'addressee',
  reply: (beat: number) => `reply:${beat}`,
  memory: (beat: number) => `memory:${beat}`,
  stateUpdate: (sourceId: string, targetId: string, beat: number) => `state_update:${sourceId}>${targetId}:${beat}`,
  significance: (beat: number) => `significance:${beat}`,
  interjection: 'interjection',
  eventLifecycle: 'event_lifecycle',
  sceneClose: 'scene_close',
  tool: (callId: string) => `tool:${callId}`,
  sceneSummary: (povId: string) => `scene_summary:${povId}`,
};
