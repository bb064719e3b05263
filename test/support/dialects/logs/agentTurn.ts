import fc from 'fast-check';
import { fillStretches, type Stretch, stepId } from '../../../../domain/agents/agent.js';
import type { AgentStep } from '../../../../domain/log/events.js';
import type { Channel } from '../../../../domain/log/frames.js';
import { type Course, cutText, type Ending, ending, endOf, land, piecesOf, someText } from './spokenTurn.js';
import { createWorker, turnId, type Worker } from './worker.js';

const part = fc.record({ type: fc.constantFrom<Channel>('thinking', 'text'), text: someText(5) });
const call = fc.record({
  name: fc.constantFrom('calculate', 'current_time'),
  arguments: fc.constantFrom<unknown>({}, { expression: '1+1' }, '{"broken": '),
  content: fc.constantFrom('2', '', 'approval_denied: The person refused.', 'tool_failed: It broke.'),
  success: fc.boolean(),
  waits: fc.boolean(),
});
/** An attempt at an iteration that is lost: so many of its parts, the last one cut or other. */
const lostAttempt = fc.record({ parts: fc.nat(3), keeps: fc.nat(20), differs: fc.constantFrom('', 'Z', 'a Z') });
const iteration = fc.record({
  parts: fc.array(part, { maxLength: 3 }),
  calls: fc.array(call, { minLength: 1, maxLength: 2 }),
  lost: fc.array(lostAttempt, { maxLength: 2 }),
  cuts: fc.array(fc.nat(20), { maxLength: 3 }),
});
type Part = { type: Channel; text: string };
type BegunStretch = Stretch & { id: string };

const fill = (stretches: readonly BegunStretch[], texts: Record<Channel, string>): AgentStep[] =>
  fillStretches([...stretches], texts).map((each, n) => ({ ...each, id: stretches[n]!.id, type: stretches[n]!.type }));

/** An agent's draft: what landed of it in earlier iterations, and what the newest attempt has sent. */
function createAgentDraft(worker: Worker) {
  const draft = { beat: 0, epoch: 0, speakerId: 'assistant' };
  let kept = { text: '', thinking: '' };
  const landed: { step: AgentStep; offset: number | null }[] = [];
  let sent = { text: '', thinking: '' };
  let stretches: BegunStretch[] = [];
  /** Whether the current epoch holds exactly what was kept. */
  let continues = false;

  /** A new epoch sends the steps and the texts of earlier iterations again. */
  function begin() {
    if (continues) return;
    draft.epoch += 1;
    continues = true;
    const again = { thinking: 0, text: 0 };
    const sendKept = (startOf: (type: Channel) => number) => {
      for (const type of ['thinking', 'text'] as const) {
        const piece = kept[type].slice(again[type], startOf(type));
        worker.token(draft, type, again[type], piece);
        again[type] += piece.length;
      }
    };
    for (const [n, { step, offset }] of landed.entries()) {
      sendKept((type) => landed.slice(n).find((each) => each.step.type === type)?.offset ?? Number.POSITIVE_INFINITY);
      worker.step(draft, step, offset);
    }
    sendKept(() => Number.POSITIVE_INFINITY);
  }

  function say({ type, text }: Part, cuts: readonly number[]) {
    if (text === '') return;
    begin();
    if (stretches.at(-1)?.type !== type) {
      const index = landed.length + stretches.length;
      const begun = { id: stepId(turnId, index, draft.epoch), index, type, offset: sent[type].length };
      stretches.push(begun);
      worker.step(draft, { id: begun.id, index, type }, begun.offset);
    }
    for (const piece of piecesOf(text, cuts)) worker.token(draft, type, sent[type].length + piece.offset, piece.text);
    sent = { ...sent, [type]: sent[type] + text };
  }

  function put(step: Omit<AgentStep, 'id' | 'index'>) {
    const index = landed.length;
    const whole: AgentStep = { id: stepId(turnId, index), index, ...step };
    landed.push({ step: whole, offset: null });
    worker.step(draft, whole, null);
  }

  return {
    draft,
    say,
    put,
    texts: () => sent,
    landed: () => kept,
    /** The attempt is lost: the next one begins with what was kept. */
    lose() {
      continues = stretches.length === 0 && continues;
      [sent, stretches] = [{ ...kept }, []];
    },
    /** The iteration lands: its text is kept. */
    keep() {
      landed.push(...fill(stretches, sent).map((step, n) => ({ step, offset: stretches[n]!.offset })));
      [kept, stretches] = [{ ...sent }, []];
    },
    /** The steps as the log has them when only this is kept, of an iteration that is cut as of the draft that it ends. */
    stepsOf(left: Record<Channel, string>, epoch: number): AgentStep[] {
      const own = landed.flatMap(({ step: { id, index, type }, offset }): BegunStretch[] =>
        offset === null || (type !== 'text' && type !== 'thinking') ? [] : [{ id, index, type, offset }],
      );
      const cut = stretches.map((each) => ({ ...each, id: stepId(turnId, each.index, epoch) }));
      const filled = fill([...own, ...cut], left);
      const byIndex = new Map(filled.map((step) => [step.index, step]));
      return [...landed.map(({ step }) => byIndex.get(step.index) ?? step), ...filled.slice(own.length)];
    },
  };
}
type AgentDraft = ReturnType<typeof createAgentDraft>;

function attempt(draft: AgentDraft, parts: readonly Part[], cuts: readonly number[]) {
  for (const each of parts) draft.say(each, cuts);
}

function loseAttempts(draft: AgentDraft, { parts, lost, cuts }: Pick<Iteration, 'parts' | 'lost' | 'cuts'>) {
  for (const { parts: count, keeps, differs } of lost) {
    const said = parts.slice(0, count + 1);
    const last = said.at(-1);
    if (!last) continue;
    attempt(draft, [...said.slice(0, -1), { ...last, text: cutText(last.text, keeps) + differs }], cuts);
    draft.lose();
  }
}
type Iteration = typeof iteration extends fc.Arbitrary<infer T> ? T : never;

function iterate(worker: Worker, draft: AgentDraft, n: number, { calls, ...iteration }: Iteration) {
  loseAttempts(draft, iteration);
  attempt(draft, iteration.parts, iteration.cuts);
  draft.keep();
  const asked = calls.map((each, m) => ({ ...each, callId: `call_${n}_${m}` }));
  for (const { callId, name, arguments: given } of asked)
    draft.put({ type: 'tool_call', callId, name, arguments: given });
  const waiting = asked.filter(({ waits }) => waits);
  if (waiting.length > 0)
    worker.waits(waiting.map(({ callId, name, arguments: given }) => ({ callId, name, arguments: given })));
  for (const { callId, name, content, success } of asked)
    draft.put({ type: 'tool_result', callId, name, content, success });
}

const lastIteration = iteration.map(({ parts, lost, cuts }) => ({ parts, lost, cuts }));

/** What the log keeps of a text: what has landed, and where the reply is cut so much of the last iteration. */
const keptOf = (how: Ending, whole: string, landed: string): string =>
  'keeps' in how ? cutText(whole, landed.length + (how.keeps % (whole.length - landed.length + 1))) : whole;

/** A turn of an agent that thinks, speaks and calls tools, some of which wait for a person. */
export const agentTurn: fc.Arbitrary<Course> = fc
  .tuple(fc.array(iteration, { maxLength: 3 }), lastIteration, ending)
  .map(([iterations, last, ended]) => {
    // What an agent has said and done is kept, however its turn ends.
    const how: Ending = ended.how === 'nothing' ? { how: 'stopped', keeps: 0, settled: true } : ended;
    const worker = createWorker();
    const draft = createAgentDraft(worker);
    for (const [n, each] of iterations.entries()) iterate(worker, draft, n, each);
    const landed = { ...draft.landed() };
    loseAttempts(draft, last);
    attempt(draft, last.parts, last.cuts);
    const sent = draft.texts();
    const kept = { text: keptOf(how, sent.text, landed.text), thinking: keptOf(how, sent.thinking, landed.thinking) };
    const settled = 'settled' in how && how.settled && kept.thinking === sent.thinking;
    const cut = 'keeps' in how ? { ...how, keeps: kept.text.length, settled } : how;
    const said = land(worker, draft.draft, sent.text, cut, (epoch) => draft.stepsOf(kept, epoch));
    const end = endOf(how);
    worker.ends(end);
    return { happenings: worker.happenings, texts: said === null ? [] : [said], end };
  });
