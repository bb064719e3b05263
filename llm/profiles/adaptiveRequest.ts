import { TurnFailure } from '../../domain/log/failures.js';
import { describeFact, type ProviderFact } from '../../domain/providers/providerFact.js';
import { fromRequestError } from '../errors/providerFailures.js';
import { noImagesLesson, saysNoImages } from './imageLessons.js';
import { type LearnedFacts, without } from './learnedFacts.js';
import { type Lesson, lessonsOf, type Refused } from './lessons.js';
import { readRefusal } from './refusal.js';
import { type Body, type RequestRules, withFact } from './requestRules.js';

/** The most requests that are made again because the one before was refused. */
const MAX_LESSONS = 6;

export type AdaptiveRequest<T> = {
  model: string;
  /** TURN/STEP/ATTEMPT, for the log. */
  requestId: string;
  /** The rules of the server's profile. */
  rules: RequestRules;
  facts: LearnedFacts;
  log?: { warn(fields: object, message: string): void } | undefined;
  /** Whether the message that is answered has images. Then a model that takes none is not asked. */
  hasNewImages?: boolean;
  /** The request that the rules allow. */
  build(rules: RequestRules): Body;
  /** Resolves with an accepted response. Rejects with the error of `openai`. */
  send(body: Body): Promise<Response>;
  /**
   * Reads the response, or its beginning. Where it rejects with the failure that an error inside the response means, the
   * error is a refusal as well.
   */
  read(response: Response): Promise<T>;
  /** Whether a lesson may be applied. Left out: each may. */
  mayLearn?(fact: ProviderFact): boolean;
};

/**
 * Sends a request by the rules of the server's profile and what was learnt of it. When the server refuses a part of the
 * form that the request can do without, or has another form for, sends it again in that form, up to `MAX_LESSONS` times.
 * Some servers send a refusal inside an answer of status 200. What an accepted request confirmed is kept. Throws the
 * `TurnFailure` of the last refusal.
 */
export async function sendAdapted<T>(request: AdaptiveRequest<T>): Promise<T> {
  const stored = await request.facts.read(request.model);
  const plan = createPlan(request, stored);
  if (request.hasNewImages && plan.takesNoImages()) throw new TurnFailure('images_unsupported', { spent: 'nothing' });
  for (let left = MAX_LESSONS; ; left--) {
    const { body, rules } = plan.current();
    let accepted = false;
    try {
      const response = await request.send(body);
      accepted = true;
      const read = await request.read(response);
      plan.confirm();
      return read;
    } catch (error) {
      const refusal = readRefusal(error);
      if (accepted && refusal === null) plan.confirm();
      if (request.hasNewImages && refusal && saysNoImages({ refusal, body })) throw refusedImages(request, error);
      if (refusal === null || left === 0 || !plan.learn({ refusal, body, rules }))
        throw fromRequestError(error, Date.now()) ?? error;
    }
  }
}

/** No other request has the images: the fact is kept at once, so that the next message with images is not sent. */
function refusedImages({ model, facts }: AdaptiveRequest<unknown>, error: unknown): TurnFailure {
  facts.learned(model, [noImagesLesson]);
  const detail = fromRequestError(error, Date.now())?.detail;
  return new TurnFailure('images_unsupported', { detail, spent: 'call' });
}

function createPlan(request: AdaptiveRequest<unknown>, stored: readonly ProviderFact[]) {
  const { model, requestId, facts, log, mayLearn = () => true } = request;
  const tried = new Set<string>();
  const refusedBodies = new Set<string>();
  let last = '';
  let kept = stored;
  let lessons: Lesson[] = [];

  const rulesWith = (more: readonly Lesson[]) =>
    [...kept, ...more.map(({ fact }) => fact)].reduce(withFact, request.rules);
  const write = (more: readonly Lesson[]) => {
    const rules = rulesWith(more);
    return { rules, body: request.build(rules) };
  };

  /** Facts of earlier turns about what the server refuses now: it has changed. */
  function outdated({ refusal, body }: Refused): ProviderFact[] {
    const said = `${refusal.paths.join(' ')} ${refusal.message}`.split(/[^\w]+/);
    return kept.filter((fact) => {
      const sent = fact.kind === 'renamed' ? fact.to : fact.kind === 'fixed' ? fact.field : null;
      return sent !== null && sent in body && said.includes(sent);
    });
  }

  /** The first lesson that is new and leads to a request that was not refused yet. */
  function next(refused: Refused): Lesson | undefined {
    return lessonsOf(refused).find((lesson) => {
      if (tried.has(describeFact(lesson.fact)) || !mayLearn(lesson.fact)) return false;
      return !refusedBodies.has(JSON.stringify(write([...lessons, lesson]).body));
    });
  }

  return {
    current: () => write(lessons),
    takesNoImages: () => rulesWith(lessons).messages.includes('no_images'),
    /** Whether the next request differs from the refused one. */
    learn(refused: Refused): boolean {
      refusedBodies.add(JSON.stringify(refused.body));
      const wrong = outdated(refused);
      if (wrong.length > 0) {
        kept = without(kept, wrong);
        facts.forgotten(model, wrong);
        return true;
      }
      // The same refusal again: the last lesson did not help.
      const said = `${refused.refusal.paths.join()} ${refused.refusal.message}`;
      if (said === last) lessons = lessons.slice(0, -1);
      last = said;
      const lesson = next(refused);
      if (!lesson) return false;
      tried.add(describeFact(lesson.fact));
      lessons = [...lessons, lesson];
      const what = { requestId, model, status: refused.refusal.status, fact: describeFact(lesson.fact) };
      log?.warn(what, 'the provider refused a part of the request; it is asked again without it');
      return true;
    },
    confirm(): void {
      const confirmed = lessons.filter(({ keep }) => keep !== 'never');
      if (confirmed.length > 0) facts.learned(model, confirmed);
    },
  };
}
