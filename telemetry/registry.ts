import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';

/** The prefix of every metric of the process, Node's included. That of Temporal's runtime is in `temporalRuntime.ts`. */
const PREFIX = 'durable_turns_';

export type GaugeRow = { labels: Record<string, string>; value: number };

/** The metrics of a process. */
export type Metrics = {
  registry: Registry;
  /** Adds a gauge, or a counter if its name ends in `_total`, that is read at each scrape. */
  watch(name: string, help: string, read: () => number): void;
  /** Adds a gauge with labels. Null from `read` leaves the gauge out of the scrape. */
  watchRows(
    gauge: { name: string; help: string; labels: string[] },
    read: () => GaugeRow[] | null | Promise<GaugeRow[] | null>,
  ): void;
};

export function createRegistry(): Metrics {
  const registry = prefixing(new Registry());
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    watch(name, help, read) {
      if (name.endsWith('_total')) watchCounter(registry, name, help, read);
      else
        new Gauge({
          name,
          help,
          registers: [registry],
          collect() {
            this.set(read());
          },
        });
    },
    watchRows({ name, help, labels }, read) {
      new Gauge({
        name,
        help,
        labelNames: labels,
        registers: [registry],
        async collect() {
          const rows = await read();
          this.reset();
          for (const row of rows ?? []) this.set(row.labels, row.value);
          // After a reset a gauge without labels is 0, which would be wrong.
          if (!rows && labels.length === 0) this.remove();
        },
      });
    },
  };
}

/**
 * Adds the prefix to every metric at its registration: code uses names without the prefix, scrapes see it. The cast is
 * there because prom-client's types omit `name`, which every metric has.
 */
function prefixing(registry: Registry): Registry {
  const register = registry.registerMetric.bind(registry);
  registry.registerMetric = <T extends string>(metric: Metric<T>) =>
    register(Object.assign(metric, { name: `${PREFIX}${(metric as unknown as { name: string }).name}` }));
  return registry;
}

function watchCounter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
