import { createClient, draftKey, evolveDrafts } from 'durable-turns-client';

const [text = 'Good evening, Mira.', chat] = process.argv.slice(2);
const client = createClient({
  baseUrl: process.env.SERVICE_URL ?? 'http://127.0.0.1:3000',
  key: process.env.API_KEY ?? null,
});

async function newChat() {
  const host = await client.request('POST', '/v1/characters', {
    body: { name: 'Mira', persona: 'Keeps a lighthouse.' },
  });
  return (await client.request('POST', '/v1/chats', { body: { kind: 'narrative', hostId: host.body.id } })).body.id;
}

let printed = '';
/** Prints what is new of a text. A reply that was written again begins on a line of its own. */
function print(reply) {
  if (!reply.startsWith(printed)) {
    process.stdout.write('\n[the reply starts over]\n');
    printed = '';
  }
  process.stdout.write(reply.slice(printed.length));
  printed = reply;
}

const chatId = chat ?? (await newChat());
const turn = await client.postTurn(chatId, { text });
let drafts = new Map();
for await (const frame of client.frames(chatId, { after: turn.userTurnSeq })) {
  drafts = evolveDrafts(drafts, frame);
  const draft = drafts.get(draftKey(turn.id, 0));
  // `old` is a lost draft, which stays on the screen until the new one is longer.
  if (draft && !draft.old) print(draft.text);
  if (frame.type !== 'event' || frame.turnId !== turn.id) continue;
  if (frame.kind === 'assistant_turn') print(frame.data.text);
  if (frame.kind === 'turn_completed') break;
}
process.stdout.write('\n');
