import type { ProviderFact } from '../../domain/providers/providerFact.js';
import type { Lesson, Refused } from './lessons.js';
import type { Body } from './requestRules.js';

/** A model may change behind its name, and one that takes images is asked with them again after a day. */
const noImages: Lesson = { fact: { kind: 'messages', rule: 'no_images' }, keep: 'day' };
/** One image of an earlier message may be what the server could not use. */
const noPastImages: Lesson = { fact: { kind: 'messages', rule: 'no_past_images' }, keep: 'never' };

const isText =
  /content.{0,60}(must|should) be (a )?(valid )?string|expected (a )?string|invalid type: sequence|valid string|input should be 'text'/i;

export const isAboutImages = (fact: ProviderFact): boolean =>
  fact.kind === 'messages' && (fact.rule === 'no_images' || fact.rule === 'no_past_images');

/** Whether the refusal says that the model takes no images, as far as the request has some. */
export function saysNoImages({ refusal: { code, message }, body }: Pick<Refused, 'refusal' | 'body'>): boolean {
  if (!hasImages(body)) return false;
  return code === 'images_unsupported' || (code === 'provider_refused' && isText.test(message));
}

/** What a refusal says about images, and about text files as parts of a message. */
export function imageLessons(refused: Refused): Lesson[] {
  const { refusal, body } = refused;
  if (saysNoImages(refused)) return [noImages];
  if (hasImages(body)) return refusal.code === 'image_refused' ? [noPastImages] : [];
  const isPlain = refusal.code === 'provider_refused' && hasParts(body) && isText.test(refusal.message);
  return isPlain ? [{ fact: { kind: 'messages', rule: 'plain_content' }, keep: 'weeks' }] : [];
}

/** What is tried last: an image in the history must not stop a chat for good. */
export const withoutPastImages = ({ body }: Refused): Lesson[] => (hasImages(body) ? [noPastImages] : []);

export const noImagesLesson = noImages;

/** The parts of the messages of a request, by either API of OpenAI. */
function partsOf({ messages, input }: Body): { type?: unknown }[] {
  const all = [messages, input].flatMap((list) => (Array.isArray(list) ? (list as { content?: unknown }[]) : []));
  return all.flatMap(({ content }) => (Array.isArray(content) ? (content as { type?: unknown }[]) : []));
}

const hasParts = (body: Body): boolean => partsOf(body).length > 0;
const hasImages = (body: Body): boolean =>
  partsOf(body).some(({ type }) => type === 'image_url' || type === 'input_image');
