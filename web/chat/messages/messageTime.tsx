import { t } from '../../strings/strings.js';

/** When a message was sent or a reply was complete. `at`: ISO 8601. */
export const MessageTime = ({ at }: { at: string }) => (
  <time class="message-time" dateTime={at} title={t().formats.dateTime(at)}>
    {t().formats.time(at)}
  </time>
);
