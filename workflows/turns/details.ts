import { failures, isFailureCode } from '../../domain/log/failures.js';
import type { StepView } from '../../domain/log/frames.js';
import type { TurnStatusReport } from '../../domain/turns/engine.js';

export type BeatView = {
  beat: number;
  speakerId: string;
  state: 'in flight' | 'landed' | 'cut short' | 'nothing landed';
};

/** A tool call that waits for approval. */
export type PendingApproval = { callId: string; tool: string | null };

export type DetailsView = TurnStatusReport & { beats: BeatView[]; asked: PendingApproval[]; warnings: string[] };

/**
 * The current details of a turn in the Temporal UI: first what needs a decision, with the Update to send, then the rest.
 * Ids, states and codes only: text stays in Postgres.
 */
export function toMarkdown({ status, phase, steps, beats, asked, warnings }: DetailsView): string {
  const stuck = steps.filter((step) => step.status === 'stuck');
  return [
    `**${status}**, phase ${phase}`,
    ...(stuck.length > 0 ? stuckSection(stuck) : []),
    ...(asked.length > 0 ? approvalSection(asked) : []),
    ...(beats.length > 0 ? table('Beats', ['beat', 'speaker', 'state'], beats.map(beatRow)) : []),
    ...(steps.length > 0 ? table('Steps', ['step', 'status', 'attempts', 'last error'], steps.map(stepRow)) : []),
    ...(warnings.length > 0 ? [`**Warnings:** ${warnings.map(code).join(', ')}`] : []),
  ].join('\n\n');
}

function stuckSection(stuck: StepView[]): string[] {
  const why = stuck.map(({ name, attempts, error }) => [code(name), says(error?.code), String(attempts)]);
  return [
    ...table('Stuck', ['step', 'last error', 'attempts'], why),
    'Fix the cause, then send the Update `retryStep`, or `skipStep` to end the turn without the step, with:',
    block(stuck.map(({ name }) => ({ step: name }))),
  ];
}

const approvalSection = (asked: PendingApproval[]): string[] => [
  ...table(
    'Waiting for approval',
    ['call', 'tool'],
    asked.map(({ callId, tool }) => [code(callId), tool ? code(tool) : '']),
  ),
  'Send the Update `approve`, with `true` or `false`:',
  block(asked.map(({ callId }) => ({ callId, approved: true }))),
];

const beatRow = ({ beat, speakerId, state }: BeatView) => [String(beat), code(speakerId), state];

const stepRow = ({ name, status, attempts, error }: StepView) => [
  code(name),
  status === 'stuck' ? `**${status}**` : status,
  String(attempts),
  error ? code(error.code) : '',
];

/** A code and its meaning. */
function says(failure: string | undefined): string {
  if (!failure) return '';
  return isFailureCode(failure) ? `${code(failure)} ${failures[failure].message}` : code(failure);
}

function table(title: string, columns: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [`### ${title}`, [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')];
}

/** Arguments to copy into the UI's dialog, one per line. */
const block = (lines: object[]) =>
  ['```json', ...lines.map((one) => JSON.stringify(one).replaceAll('`', '\\u0060')), '```'].join('\n');

/** In older turns, ids of tool calls come from the model. They must not be read as Markdown. */
const code = (id: string) => `\`${id.replaceAll('`', "'").replaceAll('|', '\\|').replace(/\s+/g, ' ')}\``;
