import { describe, expect, test } from '@jest/globals';
import { metricsOf, type Panel, readAlerts, readDashboard } from '../../support/telemetry/promql.js';

const dashboard = readDashboard();
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

describe('the dashboard', () => {
  test('asks whichever Prometheus is chosen', () => {
    expect(dashboard.templating.list.find(({ type }) => type === 'datasource')).toMatchObject({
      name: 'datasource',
      query: 'prometheus',
    });
    expect(new Set(panels.map(({ datasource }) => datasource?.uid))).toEqual(new Set([`\${datasource}`]));
  });

  test('has a row for each of an operator’s questions', () => {
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

  test.each(queries)('asks in PromQL: $title: $expr', ({ expr }) => {
    expect(metricsOf(expr)).not.toHaveLength(0);
  });

  test('says with each panel what it is and in which unit, and has no two in one place', () => {
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
  test.each(readAlerts())('asks in PromQL: %s', (expr) => expect(metricsOf(expr)).not.toHaveLength(0));

  test('is read whole, so that the above means something', () => expect(readAlerts()).toHaveLength(13));
});

test('what is no PromQL is noticed', () => {
  expect(() => metricsOf('sum by (kind (turns)')).toThrow('no PromQL');
  expect(metricsOf('max(turns{kind=~"$kind"}) / sum(rate(a_total[$__rate_interval]))')).toEqual(['turns', 'a_total']);
});

function cellsOf({ gridPos: { x, y, w, h } }: Panel): string[] {
  return Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`);
}
