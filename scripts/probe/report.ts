import { describeFact } from '../../domain/providers/providerFact.js';
import { type Check, checks, type Finding } from './checks.js';
import { createTarget, type ProbeOptions } from './target.js';

export type Probed = {
  profile: string;
  findings: { check: Check; finding: Finding }[];
  /** What the server's refusals have taught, in words. */
  learned: string[];
};

/** Tries what this product uses of a server, one request after another. About a dozen requests of a few hundred tokens. */
export async function probe(
  options: ProbeOptions,
  onFinding: (name: string) => void = () => undefined,
): Promise<Probed> {
  const target = createTarget(options);
  const findings: Probed['findings'] = [];
  for (const check of checks) {
    onFinding(check.name);
    findings.push({ check, finding: await check.run(target) });
  }
  const learned = (await target.facts.read(options.model)).map(describeFact);
  return { profile: options.profile.name, findings, learned };
}

/** The findings as lines of text: a table, the profile, and what will not work. */
export function reportLines({ profile, findings, learned }: Probed): string[] {
  const width = Math.max(...findings.map(({ check }) => check.name.length));
  const failed = findings.filter(({ finding }) => !finding.works);
  return [
    ...findings.map(
      ({ check, finding }) => `${check.name.padEnd(width)}  ${finding.works ? 'yes' : 'no '}  ${finding.note}`,
    ),
    '',
    `Profile: ${profile}${profile === 'plain' ? " (OpenAI's requests; the server's refusals are learnt)" : ''}`,
    ...learned.map((fact) => `Learnt: ${fact}`),
    '',
    ...(failed.length === 0
      ? ['Everything that was tried works.']
      : ['What will not work:', ...failed.map(({ check }) => `- ${check.name}: ${check.otherwise}`)]),
  ];
}
