import type { Client } from '../../../client/src/index.js';
import type { ChatKind } from '../../../domain/turns/turn.js';

export const documentBody = 'The lamp turns.';
/** A tool of an MCP server that is not idempotent: each call of it is counted. */
export const toolName = 'mcp_tools_echo';

export type ChatPlan = { kind: ChatKind; guest: boolean };

/** Of twelve chats four are narrative, half of those with a guest; the others are three, three and two. */
const plans: ChatPlan[] = [
  { kind: 'narrative', guest: false },
  { kind: 'agent', guest: false },
  { kind: 'document', guest: false },
  { kind: 'relay', guest: false },
  { kind: 'narrative', guest: true },
  { kind: 'agent', guest: false },
  { kind: 'document', guest: false },
  { kind: 'narrative', guest: false },
  { kind: 'agent', guest: false },
  { kind: 'document', guest: false },
  { kind: 'relay', guest: false },
  { kind: 'narrative', guest: true },
];

export const planOf = (n: number): ChatPlan => plans[n % plans.length]!;

/** Makes a chat over HTTP; throws when the api can't be reached or is not well. */
export async function makeChat(client: Client, { kind, guest }: ChatPlan): Promise<string> {
  const create = async (path: string, body: object) =>
    (await client.request<{ id: string }>('POST', path, { body })).body.id;
  const character = (name: string) => create('/v1/characters', { name, persona: 'Keeps a lighthouse.' });
  switch (kind) {
    case 'narrative':
      return create('/v1/chats', {
        kind,
        hostId: await character('Mira'),
        ...(guest ? { guestId: await character('Tomas') } : {}),
        scene: { container: 'the lamp room' },
      });
    case 'agent':
      return create('/v1/chats', { kind, enabledTools: ['calculate', toolName] });
    case 'document':
      return create('/v1/chats', {
        kind,
        documentId: await create('/v1/documents', { title: 'Tale', body: documentBody }),
      });
    case 'relay':
      return create('/v1/chats', { kind, persona: 'guide' });
  }
}
