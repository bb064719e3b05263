import { access } from './access.js';
import { documents } from './documents.js';
import { limits } from './limits.js';
import type { Mutation } from './mutation.js';
import { providers } from './providers.js';
import { replies } from './replies.js';
import { turns } from './turns.js';

/** All safeguards that `npm run mutants` removes. */
export const mutations: Mutation[] = [...replies, ...turns, ...access, ...limits, ...providers, ...documents];
