import { z } from 'zod';

/** The resources of agents. */

export const thinking = z
  .object({
    toolCalls: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        arguments: z.unknown(),
        status: z.enum(['pending', 'awaiting_approval', 'running']),
      }),
    ),
  })
  .meta({ id: 'Thinking' });

export const tool = z
  .object({
    name: z.string(),
    description: z.string(),
    schema: z.record(z.string(), z.unknown()).meta({ description: 'the JSON Schema of the arguments' }),
    permissionLevel: z.number().int().min(1).max(3).meta({ description: '1 read, 2 write, 3 dangerous' }),
    source: z.string().meta({ description: '`builtin`, or `mcp:` and the name of the MCP server' }),
    needsApproval: z.boolean(),
  })
  .meta({ id: 'Tool' });
