import type { ArtifactKind } from '../../../domain/agents/artifacts.js';
import type { ChatEvent } from '../../../domain/log/events.js';
import type { ServiceClient } from '../viewers/serviceClient.js';

export type Projection = {
  name: string | null;
  recordType: string | null;
  modelId: string | null;
  messageCount: number;
  plan: { recordType: string | null; root: PlanNode; metadata: { name: string | null } } | null;
  steps: Record<string, unknown>[];
  stepCount: number;
  rootStepId: string | null;
  strategyId: number | null;
  isSaved: boolean;
  lastEventSeq: number;
};
export type PlanNode = { id: string; searchName: string; primaryInput?: PlanNode; secondaryInput?: PlanNode };

type Refusal = { code: string; detail: string };

/** An agent's chat as a client has it. */
export async function newAgentChat(client: ServiceClient) {
  const { body } = await client.send<{ id: string }>('POST', '/v1/chats', { kind: 'agent' });
  return agentChat(client, body.id);
}

export type AgentChat = ReturnType<typeof agentChat>;

export function agentChat(client: ServiceClient, id: string) {
  const path = `/v1/chats/${id}`;
  return {
    id,
    path,
    /** Appends an artifact, whatever is answered. */
    post: (kind: string, data: unknown) => client.send<ChatEvent & Refusal>('POST', `${path}/events`, { kind, data }),
    async append(kind: ArtifactKind, data: unknown): Promise<ChatEvent> {
      const { status, body } = await client.send<ChatEvent>('POST', `${path}/events`, { kind, data });
      if (status !== 201) throw new Error(`${kind} was answered ${status}: ${JSON.stringify(body)}`);
      return body;
    },
    projection: async () => (await client.send<Projection>('GET', `${path}/projection`)).body,
    log: () => client.events(id, { includeHidden: true }),
    rewind: (toSeq: number) => client.send<{ seq: number; hidden: number }>('POST', `${path}/rewind`, { toSeq }),
    undo: () => client.send<{ seq: number; restored: number } & Refusal>('POST', `${path}/rewind/undo`),
    async fork(atSeq: number) {
      const { body } = await client.send<{ id: string }>('POST', `${path}/fork`, { atSeq });
      return agentChat(client, body.id);
    },
  };
}
