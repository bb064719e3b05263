import { createHash } from 'node:crypto';

/**
 * Which ids of tool calls a server accepts. `any`: as they came. `long`: what the Responses API takes. `short`: what OpenAI's
 * Chat Completions take. `nine`: nine letters and digits, for servers with the tokenizer of Mistral.
 */
export type CallIdForm = 'any' | 'long' | 'short' | 'nine';

const accepted: Record<Exclude<CallIdForm, 'any'>, RegExp> = {
  long: /^[a-zA-Z0-9_-]{1,64}$/,
  short: /^[a-zA-Z0-9_-]{1,40}$/,
  nine: /^[a-zA-Z0-9]{9}$/,
};

/** Gives each call of a request an id of its own in the form that the server accepts. An id in this form stays. */
export type CallIds = (id: string) => string;

export function createCallIds(form: CallIdForm): CallIds {
  const taken = new Set<string>();
  return (id) => {
    const given = id === '' ? 'call' : id;
    let free = formed(form, given);
    for (let n = 2; taken.has(free); n++) free = form === 'any' ? `${given}_${n}` : madeFrom(form, `${given}_${n}`);
    taken.add(free);
    return free;
  };
}

const formed = (form: CallIdForm, id: string): string =>
  form === 'any' || accepted[form].test(id) ? id : madeFrom(form, id);

/** The same for the same id in each request, so that a server's cache of the prompt's beginning stays valid. */
function madeFrom(form: Exclude<CallIdForm, 'any'>, id: string): string {
  const hash = createHash('sha256').update(id).digest('hex');
  return form === 'nine' ? hash.slice(0, 9) : `call_${hash.slice(0, 32)}`;
}
