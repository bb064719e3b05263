import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig, settingNames, workerRoles } from '../../../config.js';
import { findHelm, lintChart, type Manifest, renderChart } from '../../support/helm/helm.js';
import { faultsOf } from '../../support/helm/kubernetes.js';

let helm: string;
// The first build takes minutes; it is kept.
beforeAll(async () => {
  helm = await findHelm(AbortSignal.timeout(30 * 60_000));
}, 31 * 60_000);

const worker = {
  roles: ['turns', 'classifiers'],
  replicas: 1,
  drainSeconds: 10,
  resources: {},
  podDisruptionBudget: { maxUnavailable: 1 },
  autoscaling: { enabled: false },
};
const streams = {
  ...worker,
  roles: ['streams'],
  drainSeconds: 3_600,
  settings: { STREAM_CONCURRENCY: 400 },
  autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 20, streamsPerWorker: 300 },
  nodeSelector: { pool: 'streams' },
  tolerations: [{ key: 'streams', operator: 'Exists', effect: 'NoSchedule' }],
};
const redis = { RELAY_URL: 'redis://redis:6379' };

/** The values of each test, from the chart's own to everything at once. */
const given: Record<string, object> = {
  'with a Redis': { settings: redis },
  'with one api and no Redis': { api: { replicas: 1 }, networkPolicy: { enabled: false } },
  'with everything': {
    settings: { ...redis, WORKER_DEPLOYMENT: 'chats', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
    workers: { main: worker, streams },
    imagePullSecrets: [{ name: 'registry' }],
    ingress: { enabled: true, className: 'nginx', host: 'chat.example.com', tlsSecret: 'tls', annotations: { a: 'b' } },
    networkPolicy: { enabled: true, apiFrom: [{ podSelector: { matchLabels: { app: 'ingress' } } }], metricsFrom: [] },
    serviceMonitor: { enabled: true, interval: '30s', labels: { release: 'prometheus' } },
  },
};
const cases = Object.entries(given);

const ofKind = (manifests: Manifest[], kind: string) => manifests.filter((each) => each.kind === kind);
const pods = (manifests: Manifest[]) =>
  [...ofKind(manifests, 'Deployment'), ...ofKind(manifests, 'Job')].map(({ metadata, spec }) => ({
    name: metadata.name,
    labels: spec.template.metadata.labels as Record<string, string>,
    spec: spec.template.spec,
    container: spec.template.spec.containers[0],
  }));
const envOf = ({ container }: ReturnType<typeof pods>[number]): { name: string; value?: string }[] => container.env;
const isIn = (wanted: Record<string, string>, labels: Record<string, string>) =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

describe.each(cases)('the chart %s', (_, values) => {
  let manifests: Manifest[];
  beforeAll(async () => {
    manifests = await renderChart(helm, values);
  }, 120_000);

  test('has only objects that Kubernetes takes, each once, and passes the lint of Helm', async () => {
    expect(manifests.length).toBeGreaterThan(5);
    expect(manifests.flatMap(faultsOf)).toEqual([]);
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(await lintChart(helm, values)).toContain('0 chart(s) failed');
  }, 120_000);

  test('sets only known settings, each once, with values that the service takes', () => {
    const samples: Record<string, string> = {
      DATABASE_URL: 'postgres://u:p@postgres/chats',
      API_KEYS: 'a-key-of-some-length:ann',
      GATEWAY_TOKEN: 'a-token-of-sixteen-characters',
      OPENAI_API_KEY: 'sk-x',
    };
    for (const pod of pods(manifests)) {
      const names = envOf(pod).map(({ name }) => name);
      expect(names.filter((name) => !settingNames.includes(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
      const env = Object.fromEntries(envOf(pod).map(({ name, value }) => [name, value ?? samples[name]]));
      expect(() => readConfig(env)).not.toThrow();
    }
  });

  test('has secrets by reference alone, and writes nothing but to /tmp', () => {
    for (const { spec, container } of pods(manifests)) {
      for (const name of ['DATABASE_URL', 'API_KEYS', 'GATEWAY_TOKEN'])
        expect(container.env).toContainEqual({
          name,
          valueFrom: { secretKeyRef: { name: 'durable-turns', key: name } },
        });
      expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
      expect(container.volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
      expect([spec.securityContext.runAsNonRoot, spec.automountServiceAccountToken]).toEqual([true, false]);
    }
  });

  test('gives each worker longer to stop than its drain, and a role to each task queue', () => {
    const workers = pods(manifests).filter(({ name }) => name.includes('-worker-'));
    const roles = workers.flatMap((each) => {
      const { WORKER_DRAIN_SECONDS, WORKER_ROLES } = readConfig(
        Object.fromEntries(
          envOf(each).flatMap(({ name, value }) => (value && name.startsWith('WORKER') ? [[name, value]] : [])),
        ),
      );
      expect(each.spec.terminationGracePeriodSeconds).toBeGreaterThan(WORKER_DRAIN_SECONDS + 15);
      return WORKER_ROLES;
    });
    expect(new Set(roles)).toEqual(new Set(workerRoles));
  });

  test('has probes, budgets, services and policies that find their pods and ports', () => {
    const all = pods(manifests);
    for (const { container } of all.filter(({ container: { ports } }) => ports)) {
      const names = container.ports.map(({ name }: { name: string }) => name);
      const probes = [container.readinessProbe, container.livenessProbe, container.startupProbe].filter(Boolean);
      expect(probes.length).toBeGreaterThan(0);
      for (const { httpGet } of probes) expect(names).toContain(httpGet.port);
    }
    const selected = [
      ...ofKind(manifests, 'Deployment').map(({ spec }) => spec.selector.matchLabels),
      ...ofKind(manifests, 'PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
      ...ofKind(manifests, 'NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
      ...ofKind(manifests, 'Service').map(({ spec }) => spec.selector),
    ];
    for (const labels of selected) expect(all.filter((pod) => isIn(labels, pod.labels))).not.toEqual([]);
    const deployments = ofKind(manifests, 'Deployment');
    expect(ofKind(manifests, 'PodDisruptionBudget')).toHaveLength(deployments.length);
    for (const { spec } of ofKind(manifests, 'HorizontalPodAutoscaler')) {
      const target = deployments.find(({ metadata }) => metadata.name === spec.scaleTargetRef.name);
      expect([target?.kind, target?.spec.replicas]).toEqual(['Deployment', undefined]);
      expect(readFileSync('docs/observability.md', 'utf8')).toContain(spec.metrics[0].pods.metric.name);
    }
    for (const { spec } of ofKind(manifests, 'ServiceMonitor'))
      expect(
        ofKind(manifests, 'Service').filter(({ metadata }) => isIn(spec.selector.matchLabels, metadata.labels)),
      ).toHaveLength(1);
  });

  test('runs files of the build, and migrates before an install and an upgrade', () => {
    for (const { container } of pods(manifests)) {
      const [node, file] = container.command;
      expect([node, existsSync(String(file).replace('dist/', '').replace(/\.js$/, '.ts'))]).toEqual(['node', true]);
    }
    const hooks = ofKind(manifests, 'Job').map(({ metadata }) => metadata.annotations?.['helm.sh/hook']);
    expect(hooks[0]).toBe('pre-install,pre-upgrade');
    expect(hooks.length).toBe('WORKER_DEPLOYMENT' in ((values as { settings?: object }).settings ?? {}) ? 2 : 1);
  });
});

describe('the chart refuses', () => {
  test.each([
    ['several apis without a Redis', {}, /several apis need a Redis/],
    [
      'a role without a worker',
      { settings: redis, workers: { main: { ...worker, roles: ['turns'] } } },
      /no worker has the role streams/,
    ],
    ['a value that it does not know', { settings: redis, replicas: 3 }, /replicas/],
    [
      'a setting that it makes itself',
      { settings: { ...redis, METRICS_PORT: 1 } },
      /METRICS_PORT|propertyNames|settings/,
    ],
    ['an ingress without a host', { settings: redis, ingress: { enabled: true } }, /ingress\.host: must be set/],
    [
      'an autoscaler without its bounds',
      {
        settings: redis,
        workers: {
          main: {
            ...worker,
            roles: [...workerRoles],
            autoscaling: { enabled: true, minReplicas: null, maxReplicas: 3, streamsPerWorker: 1 },
          },
        },
      },
      /minReplicas/,
    ],
    ['no database', { settings: redis, secrets: { DATABASE_URL: null } }, /DATABASE_URL/],
  ])(
    '%s',
    async (_, values, says) => {
      await expect(renderChart(helm, values)).rejects.toThrow(says);
    },
    120_000,
  );
});

test('the check of objects reports an unknown field, a wrong type and an unknown kind', () => {
  const metadata = { name: 'x', labels: {} };
  const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80, targetProt: 'http' }] } };
  expect(faultsOf(service)[0]).toContain('targetProt');
  expect(faultsOf({ ...service, spec: { ports: [{ port: 'eighty' }] } })[0]).toContain('/spec/ports/0/port');
  expect(faultsOf({ ...service, kind: 'Servcie' })).toEqual(['v1/Servcie: no schema is known']);
});
