import { formatTime } from '../../parts/format.js';

/** When a message was sent or a reply was complete. `at`: ISO 8601. */
export const MessageTime = ({ at }: { at: string }) => (
  <time class="message-time" dateTime={at} title={new Date(at).toLocaleString()}>
    {formatTime(at)}
  </time>
);
