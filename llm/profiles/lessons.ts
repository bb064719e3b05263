import type { ProviderFact } from '../../domain/providers/providerFact.js';
import { answerLessons } from './answerLessons.js';
import { imageLessons, withoutPastImages } from './imageLessons.js';
import { messageLessons } from './messageLessons.js';
import { parameterLessons } from './parameterLessons.js';
import type { Refusal } from './refusal.js';
import type { Body, RequestRules } from './requestRules.js';

/** A request that was refused, and the rules that it was written by. */
export type Refused = { refusal: Refusal; body: Body; rules: RequestRules };

/** How long a fact is kept: some weeks; a day if the refusal did not say what it was about; for this request only. */
export type Keep = 'weeks' | 'day' | 'never';
export type Lesson = { fact: ProviderFact; keep: Keep };

/**
 * The facts that a refusal may teach, most likely first. Messages come first, because what they say of a role also names
 * fields; what names nothing comes last. Empty for a refusal that says nothing about the form of the request.
 */
export function lessonsOf(refused: Refused): Lesson[] {
  const { code } = refused.refusal;
  switch (code) {
    case 'images_unsupported':
    case 'image_refused':
      return imageLessons(refused);
    case 'provider_refused':
      return [
        ...imageLessons(refused),
        ...messageLessons(refused),
        ...parameterLessons(refused),
        ...answerLessons(refused),
        ...withoutPastImages(refused),
      ];
    case 'context_too_long':
      return [
        ...parameterLessons(refused).map(({ fact }): Lesson => ({ fact, keep: 'never' })),
        ...withoutPastImages(refused),
      ];
    default:
      return messageLessons(refused);
  }
}
