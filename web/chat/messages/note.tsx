import { t } from '../../strings/strings.js';
import type { Note } from '../../timeline/timeline.js';

/** A line between the messages. */
export function NoteView({ note }: { note: Note }) {
  return (
    <p class={`note ${note.kind}`}>
      <span class="note-label">{t().message.notes[note.kind]}</span>
      <span>{textOf(note)}</span>
    </p>
  );
}

/** The log has what happened; its words are the page's. */
function textOf({ kind, text, change }: Note): string {
  if (kind === 'scene' && change === 'ended') return t().message.sceneEnded;
  if (kind !== 'story' || change === null || change === 'ended') return text;
  return t().message.story[change](text);
}
