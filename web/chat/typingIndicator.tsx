/** Something is about to come. */
export const TypingIndicator = () => (
  <span class="dots" aria-hidden="true">
    <i />
    <i />
    <i />
  </span>
);
