import { createPicker } from './picker.js';

/**
 * Sentences for replies without a model. A reply fits almost any message and repeats some of the user's words. The same
 * prompt gets the same reply.
 */
const entrances = [
  '*looks up from the map on the table and smiles, as if you were late by exactly the expected minute.*',
  '*sets the lantern down between you, and the light climbs the wall.*',
  '*leans back against the window frame; outside, the rain has nearly stopped.*',
  '*pours two cups without asking, and slides one across to you.*',
  '*is quiet for a moment, turning a brass key over and over between two fingers.*',
  '*laughs under their breath, and closes the book on a finger to keep the page.*',
];
const echoes = [
  (words: string) => `"${words}" You say that as if it were a small thing.`,
  (words: string) => `"${words}" – I have been waiting all evening for somebody to say it.`,
  (words: string) => `So. "${words}" Let me think about that properly, and not only politely.`,
  (words: string) => `"${words}" Careful. Words like these tend to come true in this house.`,
  (words: string) => `Hm. "${words}" My grandmother would have answered with a story, so I will too.`,
];
const middles = [
  'There was a door in the old harbour wall that opened only for people who had stopped looking for it. I went through it once.',
  'The last traveller who came this way left a coat, a debt and half a song. I still hum the half that I know.',
  'Below us the river is up again. You can hear it drag its stones, like somebody moving furniture at night.',
  'I keep a list of things I was certain of. It gets shorter every winter, and I like it better every winter.',
  'Somewhere behind the stove the cat is disagreeing with the clock. Neither of them has been right since spring.',
];
const turns = [
  'I will tell you what I know, but you should sit: it is longer than it looks.',
  'We could leave before first light, if you trust my boots, and your own.',
  'I do not have the whole answer. I have the first third of it, and a good torch.',
  'Whatever you decide, decide it before the kettle boils. That is the rule here.',
  'I would rather be wrong with you than right on my own, and that is saying something.',
];
const questions = [
  'What would you do first?',
  'Tell me, though: what made you come back tonight?',
  'So, which of us opens the letter?',
  'Shall we go and see for ourselves?',
  'And you, what do you hear when it gets this quiet?',
];

/** A reply in pieces of about one token, each with the space before it. */
export function rolePlay(messages: { role: string; content: string }[]): string[] {
  const said = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const pick = createPicker(`${messages.length}:${said}`);
  const words = firstWords(said);
  const sentences = [
    pick(entrances),
    words ? pick(echoes)(words) : 'You do not have to say anything yet.',
    pick(middles),
    pick(turns),
    pick(questions),
  ];
  return sentences.join(' ').match(/\s*\S+/g) ?? [];
}

function firstWords(text: string): string {
  const words = text
    .replace(/^[^:\n]{1,40}: /, '')
    .replace(/["“”*\s]+/g, ' ')
    .trim()
    .split(' ');
  return words.length > 12 ? `${words.slice(0, 12).join(' ')}…` : words.join(' ');
}
