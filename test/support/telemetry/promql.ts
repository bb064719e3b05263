import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';

/** What Grafana puts in the place of its variables, so that a query is PromQL. */
const filledIn = (query: string) => query.replaceAll('$__rate_interval', '5m').replaceAll('$kind', '.*');

/** The names of the metrics that a query reads. Throws where it is no PromQL. */
export function metricsOf(query: string): string[] {
  const text = filledIn(query);
  const names: string[] = [];
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${text}`);
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector')
        names.push(text.slice(node.from, node.to));
    },
  });
  return names;
}

export type Panel = {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: { refId: string; expr: string }[];
  fieldConfig?: { defaults: { unit?: string } };
};

export type Dashboard = {
  uid: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string; query: unknown }[] };
  panels: Panel[];
};

export const readDashboard = (): Dashboard => JSON.parse(readFileSync('docs/grafana/durable-turns.json', 'utf8'));

/** The expressions of the sample of alert rules. */
export function readAlerts(): string[] {
  const rules = readFileSync('docs/grafana/alerts.yml', 'utf8')
    .split(/^ *- alert: /m)
    .slice(1);
  return rules.map((rule) => /^ *expr: (?:\|\n)?([\s\S]*?)\n *(?:for|labels):/m.exec(rule)?.[1] ?? '');
}
