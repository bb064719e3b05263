/** One line of the result: the same measure of both, and what is asked of it. */
export type Row = {
  what: string;
  unit: string;
  service: number;
  /** Where the pipe has nothing to compare with it is left out. */
  pipe?: number;
  /** The shortest durable design. */
  durable?: number;
  /** The most that the service may take, and the most in multiples of the pipe. */
  target?: { below?: number; times?: number };
};

export type Section = { title: string; rows: Row[]; notes?: string[] };

const columns = [54, 12, 12, 9, 12, 9] as const;

/** Lines of text in columns: what, service, pipe and durable with their ratios, target. */
export function render({ title, rows, notes = [] }: Section): string {
  const hasDurable = rows.some(({ durable }) => durable !== undefined);
  const head = line([title, 'service', 'pipe', 'ratio', ...(hasDurable ? ['durable', 'ratio'] : [])], 'target');
  return [head, ...rows.map((row) => renderRow(row, hasDurable)), ...notes.map((note) => `  ${note}`), ''].join('\n');
}

function renderRow({ what, unit, service, pipe, durable, target }: Row, hasDurable: boolean): string {
  const ratio = pipe === undefined ? undefined : service / pipe;
  const beside = (other: number | undefined) =>
    other === undefined ? ['', ''] : [number(other, unit), times(service / other)];
  const cells = [`  ${what}`, number(service, unit), ...beside(pipe), ...(hasDurable ? beside(durable) : [])];
  return line(cells, target ? verdict(target, service, ratio, unit) : '');
}

function line(cells: string[], last: string): string {
  const padded = cells.map((cell, n) => (n === 0 ? cell.padEnd(columns[0]) : cell.padStart(columns[n] ?? 0)));
  return `${padded.join('')}   ${last}`.trimEnd();
}

function number(value: number, unit: string): string {
  if (Number.isNaN(value)) return 'unknown';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit ? ` ${unit}` : ''}`;
}

const times = (ratio: number | undefined) =>
  ratio === undefined ? '' : `${ratio.toFixed(ratio < 0.1 ? 3 : ratio < 10 ? 1 : 0)}×`;

function verdict(
  { below, times: most }: NonNullable<Row['target']>,
  value: number,
  ratio: number | undefined,
  unit: string,
): string {
  const met = (below === undefined || value < below) && (most === undefined || (ratio ?? 0) <= most);
  const wanted = [
    ...(below === undefined ? [] : [`< ${below}${unit ? ` ${unit}` : ''}`]),
    ...(most === undefined ? [] : [`≤ ${most}×`]),
  ].join(', ');
  return `${wanted}: ${met ? 'met' : 'MISSED'}`;
}
