export { reconcile } from './reconcile.js';
export { subagent } from './subagents.js';
export { summarizeScene } from './summarizeScene.js';
export { turn } from './turn.js';
