export type Sample = { name: string; labels: Record<string, string>; value: number };
export type Family = { name: string; type: string; help: string; samples: Sample[] };

export type Exposition = {
  families: Map<string, Family>;
  samples: Sample[];
  /** The value of the one series with exactly these labels; null when there is none. */
  value(name: string, labels?: Record<string, string>): number | null;
  /** Of all series that have these labels, among others. */
  sum(name: string, labels?: Record<string, string>): number;
};

const nameForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const labelForm = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|(?=\}))/;
const suffixes = /_(bucket|sum|count)$/;

/**
 * What Prometheus' text format holds, 0.0.4. Throws where the format is broken: a sample without its type, a series
 * twice, a histogram whose buckets do not add up.
 */
export function parseExposition(text: string): Exposition {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) readComment(families, line);
    else if (line !== '') addSample(families, seen, line);
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family);
  return toExposition(families);
}

function readComment(families: Map<string, Family>, line: string): void {
  const [, what, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
  if (!what) return;
  const family = families.get(name) ?? { name, type: 'untyped', help: '', samples: [] };
  families.set(name, family);
  family[what === 'HELP' ? 'help' : 'type'] = rest;
}

function addSample(families: Map<string, Family>, seen: Set<string>, line: string): void {
  const sample = parseSample(line);
  const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
  if (seen.has(series)) throw new Error(`twice: ${line}`);
  seen.add(series);
  const family = families.get(sample.name) ?? families.get(sample.name.replace(suffixes, ''));
  if (!family || family.type === 'untyped') throw new Error(`without a type: ${line}`);
  family.samples.push(sample);
}

function parseSample(line: string): Sample {
  const name = nameForm.exec(line)?.[0];
  if (!name) throw new Error(`no name: ${line}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const label = labelForm.exec(rest);
      if (!label) throw new Error(`no label: ${line}`);
      labels[label[1] ?? ''] = (label[2] ?? '').replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
      rest = rest.slice(label[0].length);
    }
    rest = rest.slice(1);
  }
  const said = /^ (\S+)( \d+)?$/.exec(rest)?.[1];
  const value = Number(said?.replace(/^([+-])Inf$/, '$1Infinity'));
  if (said === undefined || (Number.isNaN(value) && !/^nan$/i.test(said))) throw new Error(`no value: ${line}`);
  return { name, labels, value };
}

/** Buckets grow, and the last of them holds all. */
function checkHistogram({ name, samples }: Family): void {
  const without = ({ le: _, ...labels }: Record<string, string>) => JSON.stringify(Object.entries(labels).sort());
  for (const count of samples.filter((sample) => sample.name === `${name}_count`)) {
    const buckets = samples.filter(
      (sample) => sample.name === `${name}_bucket` && without(sample.labels) === without(count.labels),
    );
    const values = buckets.map(({ value }) => value);
    const grows = values.every((value, n) => n === 0 || value >= (values[n - 1] ?? 0));
    if (!grows || buckets.at(-1)?.labels.le !== '+Inf' || values.at(-1) !== count.value)
      throw new Error(`the buckets of ${name} do not add up: ${values}`);
  }
}

function toExposition(families: Map<string, Family>): Exposition {
  const samples = [...families.values()].flatMap((family) => family.samples);
  const having = (name: string, labels: Record<string, string>) =>
    samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
  return {
    families,
    samples,
    value: (name, labels = {}) =>
      having(name, labels).find((sample) => Object.keys(sample.labels).length === Object.keys(labels).length)?.value ??
      null,
    sum: (name, labels = {}) => having(name, labels).reduce((sum, { value }) => sum + value, 0),
  };
}

export async function scrape(url: string): Promise<Exposition & { text: string }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} was answered ${response.status}`);
  const text = await response.text();
  return { ...parseExposition(text), text };
}
