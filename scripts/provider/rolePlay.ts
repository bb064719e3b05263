import {
  actions,
  byQuestion,
  endings,
  greetings,
  interjections,
  reactions,
  returns,
  thanks,
  topics,
  type Voice,
} from './demoLines.js';
import { createPicker, type Pick } from './picker.js';

type Messages = { role: string; content: string }[];

/** More questions than this are not answered one by one. */
const maxQuestions = 3;

/**
 * A reply without a model, in pieces of about one token, each with the space before it. It answers each question, by its
 * topic or its first words, and repeats nothing of what was said. The same prompt gets the same reply.
 */
export function rolePlay(messages: Messages): string[] {
  const system = messages.find(({ role }) => role === 'system')?.content ?? '';
  const said = (messages.findLast(({ role }) => role === 'user')?.content ?? '').replace(/^[^:\n?!.]{1,40}: /, '');
  const pick = createPicker(`${messages.length}:${system.slice(0, 200)}:${said}`);
  const voice = voiceOf(system);
  if (system.includes('was not asked, but cuts in now')) return tokensOf([pick(actions), pick(interjections[voice])]);
  const questions = questionsIn(said);
  const answers =
    questions.length > 0 ? questions.map((question) => answer(question, voice, pick)) : [react(said, voice, pick)];
  const isGreeting = greetings.said.test(said);
  return tokensOf([
    pick(actions),
    ...(isGreeting ? [pick(greetings.lines)] : []),
    ...(isGreeting && questions.length === 0 ? [] : new Set(answers)),
    pick(endings),
    ...(questions.length > 0 ? [] : [pick(returns)]),
  ]);
}

const tokensOf = (sentences: readonly string[]): string[] => sentences.join(' ').match(/\s*\S+/g) ?? [];

function voiceOf(system: string): Voice {
  const name = /^You are (.{1,80}?) in a role-play/.exec(system)?.[1];
  return name === 'Mira' ? 'host' : name === 'Tobias' ? 'guest' : 'other';
}

/** The first questions of a text, without what is done in it. */
const questionsIn = (said: string): string[] =>
  (said.slice(0, 4_000).match(/[^.!?\n]+\?/g) ?? [])
    .map((question) => question.replace(/^[\s"“*]+/, ''))
    .slice(0, maxQuestions);

function answer(question: string, voice: Voice, pick: Pick): string {
  const topic = topicOf(question);
  if (topic) return pick(topic.lines[voice]);
  return pick(byQuestion.find(({ asks }) => asks.test(question))?.lines ?? reactions);
}

function react(said: string, voice: Voice, pick: Pick): string {
  if (thanks.said.test(said)) return pick(thanks.lines);
  const topic = topicOf(said);
  return pick(topic ? topic.lines[voice] : reactions);
}

/** A name with a comma addresses someone, and is not what is asked about. */
function topicOf(text: string) {
  const about = text.replace(/\b(?:Mira|Tobias)\s*[,:]|,\s*(?:Mira|Tobias)\b/gi, ' ');
  return topics.find((topic) => topic.about.test(about));
}
