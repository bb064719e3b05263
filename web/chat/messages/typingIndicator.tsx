/** Three moving dots: a reply is about to arrive. */
export const TypingIndicator = () => (
  <span class="typing-indicator" aria-hidden="true">
    <i />
    <i />
    <i />
  </span>
);
