import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import type { Manifest } from './helm.js';

type Fixture = { kubernetes: string; roots: Record<string, string>; $defs: Record<string, object> };

/**
 * The schemas of Kubernetes 1.34 for the kinds that the chart has, as `kubernetes-json-schema` has them, without
 * descriptions; an unknown field is refused.
 */
const { roots, $defs }: Fixture = JSON.parse(readFileSync('test/fixtures/kubernetes.json', 'utf8'));

/** What the Prometheus operator takes, as far as the chart uses it. */
const serviceMonitor = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['selector', 'endpoints'],
      additionalProperties: false,
      properties: {
        selector: { $ref: '#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector' },
        endpoints: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            properties: { port: { type: 'string' }, interval: { type: 'string', pattern: '^\\d+(ms|s|m|h)$' } },
          },
        },
      },
    },
  },
};

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: 'kubernetes', $defs: { ...$defs, ServiceMonitor: serviceMonitor } });

const kinds: Record<string, string> = { ...roots, 'monitoring.coreos.com/v1/ServiceMonitor': 'ServiceMonitor' };

/** What is wrong with an object, one line each. */
export function faultsOf(manifest: Manifest): string[] {
  const kind = `${manifest.apiVersion}/${manifest.kind}`;
  const { name } = manifest.metadata;
  const validate = kinds[kind] ? ajv.getSchema(`kubernetes#/$defs/${kinds[kind]}`) : undefined;
  if (!validate) return [`${kind}: no schema is known`];
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map((error) => `${kind} ${name}: ${describe(error)}`);
}

const describe = ({ instancePath, message, params }: ErrorObject) =>
  `${instancePath} ${message} ${JSON.stringify(params)}`;
