import type { TurnContext } from '../classifiers/classifier.js';

/**
 * The text of the memory of a beat: the user's line, if there is one, and the reply, verbatim, each with its speaker's
 * name.
 */
export function memoryText(context: TurnContext, beat: { speakerId: string; text: string }): string {
  const speaker = beat.speakerId === context.guest?.id ? context.guest : context.host;
  const lines = [`${speaker.name}: ${beat.text}`];
  if (context.prose !== '') lines.unshift(`${context.you.name}: ${context.prose}`);
  return lines.join('\n');
}
