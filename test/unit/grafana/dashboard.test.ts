import { describe, expect, test } from '@jest/globals';
import { metricsOf, type Panel, readAlerts, readDashboard } from '../../support/telemetry/promql.js';

const dashboard = readDashboard();
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

describe('the Grafana dashboard', () => {
  test('queries the selected Prometheus', () => {
    expect(dashboard.templating.list.find(({ type }) => type === 'datasource')).toMatchObject({
      name: 'datasource',
      query: 'prometheus',
    });
    expect(new Set(panels.map(({ datasource }) => datasource?.uid))).toEqual(new Set([`\${datasource}`]));
  });

  test('has a row for each question of an operator', () => {
    const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows).toEqual([
      'Turns',
      'First token and latency',
      'Attempts and failures',
      'Stuck and waiting',
      'Viewers and gateway',
      'Temporal and workers',
      'Postgres',
    ]);
  });

  test.each(queries)('queries in valid PromQL: $title: $expr', ({ expr }) => {
    expect(metricsOf(expr)).not.toHaveLength(0);
  });

  test('has a description and a unit on each panel, and no two panels in one place', () => {
    for (const { title, description = '', fieldConfig } of panels) {
      expect([title, description.length > 15]).toEqual([title, true]);
      expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.any(String)]);
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(cellsOf);
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('the sample of alert rules', () => {
  test.each(readAlerts())('queries in valid PromQL: %s', (expr) => expect(metricsOf(expr)).not.toHaveLength(0));

  test('is read completely, which shows that the check above works', () => expect(readAlerts()).toHaveLength(13));
});

test('the check of PromQL reports invalid expressions', () => {
  expect(() => metricsOf('sum by (kind (turns)')).toThrow('no PromQL');
  expect(metricsOf('max(turns{kind=~"$kind"}) / sum(rate(a_total[$__rate_interval]))')).toEqual(['turns', 'a_total']);
});

function cellsOf({ gridPos: { x, y, w, h } }: Panel): string[] {
  return Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`);
}
