export { reconcile } from './reconcile.js';
export { summarizeScene } from './summarizeScene.js';
export { turn } from './turn.js';
