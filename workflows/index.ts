export { subagent } from './agents/subagents.js';
export { impersonate } from './narrative/impersonate.js';
export { summarizeScene } from './narrative/summarizeScene.js';
export { turn } from './turn.js';
export { reconcile } from './turns/reconcile.js';
export { titleChat } from './turns/titleChat.js';
export { deliverWebhook } from './webhooks/deliverWebhook.js';
