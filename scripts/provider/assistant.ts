import type { CompletionRequest } from './chunks.js';
import { createPicker } from './picker.js';

type Messages = CompletionRequest['messages'];

const greeting = /^\s*(?:hi|hello|hey|good (?:morning|afternoon|evening))\b/i;
const thanks = /\bthank(?:s| you)\b/i;
const aboutItself = /\bwho are you\b|\bwhat (?:are|can) you\b|\bwhat do you do\b|\byour name\b|\bwhich model\b/i;
const isQuestion = /\?/;

const whatItIs =
  'I am the demo provider of this service: I have no model behind me. I show how a reply streams, how it is stored, and how it goes on when a process stops in the middle of it.';
const howToConnect =
  'Set `OPENAI_API_KEY`, or `OPENAI_BASE_URL` for a server of your own, and start the service again: then a model answers here.';

const openings = ['Here is what I can say to that.', 'A short answer first.', 'I can only outline it.'];
const points = [
  '**Your message is stored** before anything else happens, so that it is not lost.',
  '**The reply arrives in pieces.** Reload the page while it does: the text so far is there, and the rest follows.',
  '**You can stop it, write it again or edit it.** Each attempt is kept as a version.',
  '**Other clients see the same reply** at the same time.',
];

/** An answer of an assistant without a model, in Markdown. The same messages get the same answer. */
export function assistantReply(messages: Messages): string {
  const said = (messages.findLast(({ role }) => role === 'user')?.content ?? '').trim();
  const pick = createPicker(`${messages.length}:${said}`);
  if (aboutItself.test(said)) return `${whatItIs}\n\n${howToConnect}`;
  if (thanks.test(said)) return 'You are welcome. Ask me something else whenever you like.';
  if (greeting.test(said) && !isQuestion.test(said)) return `Hello! ${whatItIs}`;
  const about = topicOf(said);
  const [first, second] = pick([
    [points[0], points[1]],
    [points[1], points[2]],
    [points[2], points[3]],
    [points[3], points[0]],
  ]);
  return `${pick(openings)} ${about}\n\n- ${first}\n- ${second}\n\n${howToConnect}`;
}

/** Says what was asked about, without an answer to it. */
function topicOf(said: string): string {
  const line = said.split('\n')[0]?.replace(/\s+/g, ' ') ?? '';
  const short = line.length > 80 ? `${line.slice(0, 80).trimEnd()}…` : line;
  return `A model would now answer “${short}”; I tell you what happens with it meanwhile.`;
}
