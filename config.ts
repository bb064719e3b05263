import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { profileSettings } from './domain/providers/profileNames.js';
import { providerApis } from './domain/providers/providerApi.js';
import { allowedHosts, apiKeys, headerNames, list } from './lib/settings/lists.js';
import { mcpServers } from './lib/settings/mcpServers.js';
import { count, encryptionKey, flag, port, url } from './lib/settings/values.js';

/** Reads the environment. No other module does; each gets its settings as arguments. */

export const workerRoles = ['turns', 'streams', 'classifiers'] as const;
export type WorkerRole = (typeof workerRoles)[number];

/** A comma-separated list of roles. */
const roles = z.string().transform((list, context) => {
  const names = new Set(list.split(',').map((name) => name.trim()));
  const known = workerRoles.filter((role) => names.delete(role));
  if (names.size === 0) return known;
  const message = `must be a comma-separated list of ${workerRoles.join(', ')}; not ${[...names].map((name) => `'${name}'`).join(', ')}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(3000),
  API_KEYS: apiKeys.optional(),
  API_KEYS_FILE: z.string().min(1).optional(),
  AUTH_JWKS_URL: url('http', 'https').optional(),
  AUTH_JWT_SECRET: z.string().min(1).optional(),
  AUTH_JWT_ISSUER: z.string().min(1).optional(),
  AUTH_JWT_AUDIENCE: z.string().min(1).optional(),
  AUTH_OWNER_CLAIM: z.string().min(1).default('sub'),
  TOKEN_SECRET: z.string().min(1).optional(),
  ALLOWED_ORIGINS: list.default([]),
  CONVERSATION_HEADERS: headerNames.default([
    'x-conversation-id',
    'x-openwebui-chat-id',
    'x-librechat-conversation-id',
  ]),
  DATABASE_URL: url('postgres', 'postgresql').optional(),
  DATABASE_DIRECT_URL: url('postgres', 'postgresql').optional(),
  DATABASE_POOL: count.default(10),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, { error: 'must be host:port' })
    .optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().optional(),
  TEMPORAL_TLS: flag.default(false),
  TEMPORAL_UI_URL: url('http', 'https').optional(),
  TASK_QUEUE: z.string().min(1).default('durable-turns'),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: url('http', 'https').optional(),
  PROVIDER_ENCRYPTION_KEY: encryptionKey.optional(),
  ALLOWED_PROVIDER_HOSTS: allowedHosts.default([]),
  PROVIDER_PROFILE: z.enum(profileSettings).default('auto'),
  PROVIDER_CONTINUATION: z.enum(['vllm', 'openrouter']).optional(),
  FALLBACK_BASE_URL: url('http', 'https').optional(),
  FALLBACK_API_KEY: z.string().optional(),
  FALLBACK_MODEL: z.string().min(1).optional(),
  FALLBACK_API: z.enum(providerApis).optional(),
  FALLBACK_PROFILE: z.enum(profileSettings).default('auto'),
  MCP_SERVERS: mcpServers.default([]),
  PROVIDER_API: z.enum(providerApis).default('chat'),
  NARRATIVE_MODEL: z.string().min(1).default('gpt-4.1'),
  CLASSIFIER_MODEL: z.string().min(1).default('gpt-4.1-mini'),
  CHAT_TITLES: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
  UPSTREAM_BASE_URL: url('http', 'https').optional(),
  UPSTREAM_TOKEN: z.string().optional(),
  UPSTREAM_JWT_SECRET: z.string().optional(),
  UPSTREAM_TURN_LIMIT_MS: count.default(900_000),
  RELAY_URL: url('redis', 'rediss').optional(),
  GATEWAY_URL: url('http', 'https').optional(),
  GATEWAY_TOKEN: z.string().min(16).optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  STREAM_CONCURRENCY: count.default(200),
  CLASSIFIER_CONCURRENCY: count.default(16),
  CLASSIFIERS_PER_SECOND: z.coerce.number().positive().optional(),
  PROMPT_SOFT_TOKENS: count.default(6_000),
  PROMPT_HARD_TOKENS: count.default(12_000),
  REPLY_SILENCE_MS: count.default(90_000),
  // An attempt has two hours in Temporal, and waits for a place in this time too.
  REPLY_LIMIT_MS: count.max(5_400_000).default(900_000),
  REPLY_ATTEMPTS: count.default(6),
  STUCK_AFTER_ATTEMPTS: count.default(3),
  STUCK_RETRY_INITIAL_MS: count.default(500),
  REQUESTS_PER_MINUTE: count.default(6_000),
  TURNS_PER_OWNER: count.default(10_000),
  QUEUED_TURNS_PER_OWNER: count.default(5_000),
  CHATS_PER_OWNER: count.default(100_000),
  CHARACTERS_PER_OWNER: count.default(10_000),
  DOCUMENTS_PER_OWNER: count.default(10_000),
  PROVIDERS_PER_OWNER: count.default(100),
  ATTACHMENTS_PER_OWNER: count.default(10_000),
  ATTACHMENT_BYTES_PER_OWNER: count.default(2 * 1024 ** 3),
  WEBHOOKS_PER_OWNER: count.default(20),
  STORED_BYTES_PER_OWNER: count.default(20 * 1024 ** 3),
  STORY_EVENTS_PER_CHAT: count.default(100),
  VIEWERS_PER_OWNER: count.default(2_000),
  RETENTION_DAYS: count.max(36_500).optional(),
  WORKFLOW_BUNDLE: z.string().optional(),
  WORKFLOW_CACHE: z.coerce.number().int().min(0).default(1_000),
  WORKFLOW_STACK_TRACES: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
  PAGE_DIR: z.string().optional(),
  WORKER_DRAIN_SECONDS: z.coerce.number().min(0).max(86_400).default(120),
  WORKER_ROLES: roles.default([...workerRoles]),
  WORKER_DEPLOYMENT: z
    .string()
    .regex(/^[^\s.:]{1,200}$/, { error: 'must be a name without spaces, dots and colons' })
    .optional(),
  METRICS_PORT: z.coerce.number().int().min(1).max(65535).optional(),
  WORKER_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  WORKER_METRICS_PORT: z.coerce.number().int().min(1).max(65535).optional(),
  // OpenTelemetry's SDK reads the other OTEL_… variables.
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
});

/** The names of all settings. */
export const settingNames: readonly string[] = Object.keys(schema.shape);

export type Config = z.infer<typeof schema> & { cacheDir: string };

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Whether `DATABASE_URL` is a pooler: then `DATABASE_DIRECT_URL` is Postgres itself. */
export const isPooled = ({ DATABASE_URL, DATABASE_DIRECT_URL }: Config): boolean =>
  DATABASE_DIRECT_URL !== undefined && DATABASE_DIRECT_URL !== DATABASE_URL;

/** The secrets of the configuration, which are redacted in logs. */
export function secretsOf(config: Config): string[] {
  const urls = [config.DATABASE_URL, config.DATABASE_DIRECT_URL, config.RELAY_URL].flatMap((given) =>
    given ? [new URL(given).password] : [],
  );
  const ofServers = config.MCP_SERVERS.flatMap((server) =>
    Object.entries((server.transport === 'http' ? server.headers : server.env) ?? {})
      .filter(([name]) => /auth|key|token|secret|password/i.test(name))
      .map(([, value]) => value),
  );
  return [
    ...(config.API_KEYS ?? []).map(({ key }) => key),
    config.AUTH_JWT_SECRET,
    config.TOKEN_SECRET,
    ...urls.flatMap((password) => [password, decodeURIComponent(password)]),
    ...ofServers,
    config.TEMPORAL_API_KEY,
    config.OPENAI_API_KEY,
    config.FALLBACK_API_KEY,
    config.UPSTREAM_TOKEN,
    config.UPSTREAM_JWT_SECRET,
    config.GATEWAY_TOKEN,
  ].filter((secret): secret is string => Boolean(secret));
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);
export const isLoopback = (host: string): boolean => loopback.has(host);

/** Whether callers need a key or a token. */
export const isKeyed = ({
  API_KEYS,
  API_KEYS_FILE,
  AUTH_JWKS_URL,
  AUTH_JWT_SECRET,
}: Pick<Config, 'API_KEYS' | 'API_KEYS_FILE' | 'AUTH_JWKS_URL' | 'AUTH_JWT_SECRET'>): boolean =>
  Boolean(API_KEYS?.length || API_KEYS_FILE || AUTH_JWKS_URL || AUTH_JWT_SECRET);

/** Throws a `ConfigError` for settings of users' tokens that do not go together. */
function checkUserTokens({
  AUTH_JWKS_URL,
  AUTH_JWT_SECRET,
  AUTH_JWT_ISSUER,
  AUTH_JWT_AUDIENCE,
}: z.infer<typeof schema>) {
  // With both, a token signed with a public key as the secret might be taken for one of the issuer.
  if (AUTH_JWKS_URL && AUTH_JWT_SECRET)
    throw new ConfigError('AUTH_JWT_SECRET: must not be set together with AUTH_JWKS_URL');
  if ((AUTH_JWT_ISSUER || AUTH_JWT_AUDIENCE) && !AUTH_JWKS_URL && !AUTH_JWT_SECRET)
    throw new ConfigError(
      `${AUTH_JWT_ISSUER ? 'AUTH_JWT_ISSUER' : 'AUTH_JWT_AUDIENCE'}: needs AUTH_JWKS_URL or AUTH_JWT_SECRET too`,
    );
}

/**
 * Reads and validates the environment. Throws a `ConfigError` that names every invalid variable and the allowed values,
 * without the values of secrets.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const config = parsed.data;
  checkUserTokens(config);
  if (!isLoopback(config.HOST) && !isKeyed(config)) {
    throw new ConfigError(
      `HOST: ${config.HOST} is not loopback, so API_KEYS must be set, or API_KEYS_FILE, AUTH_JWKS_URL or AUTH_JWT_SECRET (or use HOST=127.0.0.1)`,
    );
  }
  if (!isLoopback(config.HOST) && !config.RELAY_URL && !config.GATEWAY_TOKEN) {
    throw new ConfigError(
      'GATEWAY_TOKEN: must be set (16 characters or more) when HOST is not loopback and workers connect to the api',
    );
  }
  if (config.METRICS_PORT !== undefined && config.METRICS_PORT === config.PORT) {
    throw new ConfigError(
      `METRICS_PORT: must be another port than PORT (${config.PORT}); unset it to serve /metrics on PORT`,
    );
  }
  if (config.DATABASE_DIRECT_URL && !config.DATABASE_URL)
    throw new ConfigError('DATABASE_DIRECT_URL: needs DATABASE_URL too');
  return { ...config, cacheDir: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'durable-turns') };
}

/** The configuration of the api or the worker, which need Postgres. Throws a `ConfigError`. */
export function readServiceConfig(): Config & { DATABASE_URL: string } {
  const config = readConfig();
  const { DATABASE_URL } = config;
  if (!DATABASE_URL) throw new ConfigError('DATABASE_URL: must be set (npm start sets it for its own Postgres)');
  return { ...config, DATABASE_URL };
}
