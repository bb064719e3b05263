import { followChat } from './live.js';
import { createTranscript } from './transcript.js';

const at = (id) => document.getElementById(id);
const transcript = createTranscript(at('transcript'));
let key = sessionStorage.getItem('key');
let current = null;
let following = null;
const running = new Set();

function say(words, bad = false) {
  at('connection').textContent = words;
  at('connection').classList.toggle('bad', bad);
}

async function call(method, path, body) {
  const headers = {
    ...(key ? { Authorization: `Bearer ${key}` } : {}),
    ...(body ? { 'Content-Type': 'application/json' } : {}),
  };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const answer = response.status === 204 ? null : await response.json();
  if (response.status === 401) at('keyDialog').showModal();
  if (!response.ok) throw new Error(answer?.detail ?? `The service answered ${response.status}`);
  return answer;
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    say(error instanceof TypeError ? 'The service can not be reached.' : error.message, true);
  }
}

async function listChats() {
  const [chats, characters] = await Promise.all([
    call('GET', '/v1/chats?limit=1000'),
    call('GET', '/v1/characters?limit=1000'),
  ]);
  const names = new Map(characters.items.map((character) => [character.id, character.name]));
  const buttons = chats.items.map((chat) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = chat.title ?? `Chat with ${names.get(chat.hostId) ?? 'nobody'}`;
    button.dataset.id = chat.id;
    button.addEventListener('click', () => open(chat.id, button.textContent));
    return button;
  });
  at('chats').replaceChildren(...buttons);
  const asked = buttons.find((button) => button.dataset.id === location.hash.slice(1));
  (asked ?? buttons[0])?.click();
  if (buttons.length === 0) say('There is no chat yet.');
}

function open(chatId, title) {
  following?.leave();
  transcript.clear();
  running.clear();
  current = chatId;
  location.hash = chatId;
  at('title').textContent = title;
  for (const button of at('chats').children) button.setAttribute('aria-current', String(button.dataset.id === chatId));
  for (const id of ['text', 'send']) at(id).disabled = false;
  showRunning();
  say('Connecting…');
  following = followChat(chatId, {
    key,
    onFrame(frame) {
      transcript.take(frame);
      if (frame.type === 'status' && ['running', 'queued'].includes(frame.status)) running.add(frame.turnId);
      if (frame.kind === 'user_turn') running.add(frame.turnId);
      if (frame.kind === 'turn_completed') running.delete(frame.turnId);
      showRunning();
    },
    onState: ({ words, bad }) => say(words, bad),
  });
}

function showRunning() {
  at('stop').disabled = running.size === 0;
}

async function send() {
  const text = at('text').value;
  if (!current || text.trim() === '') return;
  await call('POST', `/v1/chats/${current}/turns`, { text });
  at('text').value = '';
}

async function createChat() {
  const { items } = await call('GET', '/v1/characters?limit=1');
  const host = items[0] ?? (await call('POST', '/v1/characters', { name: 'Mira', persona: 'Keeps a lighthouse.' }));
  const chat = await call('POST', '/v1/chats', { kind: 'narrative', hostId: host.id });
  location.hash = chat.id;
  await listChats();
}

at('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(send);
});
at('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  attempt(send);
});
at('stop').addEventListener('click', () => attempt(() => call('POST', `/v1/chats/${current}/turns/cancel`)));
at('newChat').addEventListener('click', () => attempt(createChat));
at('keyForm').addEventListener('submit', () => {
  key = at('key').value.trim();
  sessionStorage.setItem('key', key);
  attempt(listChats);
});
attempt(listChats);
