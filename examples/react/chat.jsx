import { createClient } from 'durable-turns-client';
import { useTurns } from 'durable-turns-client/react';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

const address = new URL(location.href);
// Made once, outside of components.
const client = createClient({ baseUrl: address.searchParams.get('service') ?? 'http://127.0.0.1:3000' });
const chatId = address.searchParams.get('chat') ?? (await newChat());
address.searchParams.set('chat', chatId);
history.replaceState(null, '', address);

async function newChat() {
  return (await client.request('POST', '/v1/chats', { body: { kind: 'agent' } })).body.id;
}

function Chat() {
  const { messages, drafts, approvals, steps, status, reconnecting, error, ...chat } = useTurns(chatId, { client });
  const [text, setText] = useState('');

  function submit(event) {
    event.preventDefault();
    chat.send(text);
    setText('');
  }

  return (
    <>
      <ol id="lines" aria-live="polite">
        {messages.map(({ id, text, state }) => (
          <li key={id}>
            {text}
            {state === 'failed' && (
              <button type="button" onClick={() => chat.retry(id)}>
                Try again
              </button>
            )}
          </li>
        ))}
        {drafts.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ol>
      {approvals.map(({ callId, name }) => (
        <p key={callId}>
          Allow {name}?{' '}
          <button type="button" onClick={() => chat.approve(callId)}>
            Yes
          </button>
          <button type="button" onClick={() => chat.approve(callId, { approved: false })}>
            No
          </button>
        </p>
      ))}
      <form onSubmit={submit}>
        <input
          name="text"
          aria-label="Message"
          value={text}
          onChange={(event) => setText(event.target.value)}
          required
        />
        <button type="submit">Send</button>
        <button type="button" onClick={() => chat.stop()} disabled={status !== 'streaming'}>
          Stop
        </button>
        <button type="button" onClick={() => chat.regenerate()} disabled={status !== 'ready' || messages.length === 0}>
          Again
        </button>
      </form>
      <p id="state">{reconnecting ? 'reconnecting' : status}</p>
      {steps.some((step) => step.status === 'stuck') && <p>A step after the reply is stuck.</p>}
      {error && <p role="alert">{error.message}</p>}
    </>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
);
