import { Markdown } from '../../parts/markdown.js';
import { memo } from '../../parts/memo.js';
import type { Greeting } from '../../timeline/timeline.js';
import { Speaker } from './speaker.js';

/** The first message of a chat, by its character. It has no actions: no turn wrote it. */
export const GreetingView = memo(function GreetingView({ greeting: { speakerId, text } }: { greeting: Greeting }) {
  return (
    <article class="beat greeting">
      <Speaker id={speakerId} />
      <Markdown text={text} />
    </article>
  );
});
