import { z } from 'zod';
import { url } from './values.js';

const common = {
  name: z.string().regex(/^[\w-]{1,32}$/, { error: 'must be up to 32 letters, digits, - or _' }),
  level: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(3),
  needsApproval: z.boolean().default(false),
  idempotent: z.boolean().default(false),
  timeoutMs: z.number().int().min(1).max(3_600_000).default(60_000),
  tools: z.array(z.string()).optional(),
};
const texts = z.record(z.string(), z.string());
const mcpServer = z.discriminatedUnion('transport', [
  z.strictObject({
    ...common,
    transport: z.literal('stdio'),
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    env: texts.optional(),
  }),
  z.strictObject({
    ...common,
    transport: z.literal('http'),
    url: url('http', 'https'),
    headers: texts.optional(),
  }),
]);

/** A JSON array of servers. */
export const mcpServers = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a JSON array of MCP servers' });
      return z.NEVER;
    }
  })
  .pipe(z.array(mcpServer))
  .refine((servers) => new Set(servers.map(({ name }) => name)).size === servers.length, {
    error: 'must not have two servers with the same name',
  });
