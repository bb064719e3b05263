/**
 * Follows a chat over its live socket. A lost connection is made anew, from the last seq that was seen, so that
 * nothing is missed or shown twice.
 */
const final = {
  4401: 'The key was refused.',
  4404: 'This chat is no more.',
  4400: 'The chat is shorter than it was: reload the page.',
};

export function followChat(chatId, { key, onFrame, onState }) {
  let after = 0;
  let tries = 0;
  let socket;
  let retry;
  let left = false;

  function connect() {
    const url = new URL(`/v1/chats/${chatId}/live?after=${after}`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    socket = new WebSocket(url, key ? ['durable-turns.v1', `bearer.${key}`] : ['durable-turns.v1']);
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === 'hello') {
        tries = 0;
        onState({ words: 'Connected', bad: false });
      }
      if (frame.type === 'event') after = frame.seq;
      onFrame(frame);
    };
    socket.onclose = ({ code }) => {
      if (left) return;
      if (final[code]) return onState({ words: final[code], bad: true });
      const wait = Math.min(10_000, 250 * 2 ** tries);
      tries += 1;
      onState({ words: 'The connection was lost; trying again…', bad: true });
      retry = setTimeout(connect, wait);
    };
  }

  connect();
  return {
    leave() {
      left = true;
      clearTimeout(retry);
      socket.close();
    },
  };
}
