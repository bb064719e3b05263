import type { TurnContext } from '../classifiers/classifier.js';

/** What is remembered of a beat: who said what, in their own words. */
export function memoryText(context: TurnContext, beat: { speakerId: string; text: string }): string {
  const speaker = beat.speakerId === context.guest?.id ? context.guest : context.host;
  const lines = [`${speaker.name}: ${beat.text}`];
  if (context.prose !== '') lines.unshift(`${context.you.name}: ${context.prose}`);
  return lines.join('\n');
}
