import { noteWords } from '../../parts/labels.js';
import type { Note } from '../../timeline/timeline.js';

/** A line between the messages. */
export function NoteView({ note }: { note: Note }) {
  const words = noteWords(note);
  return (
    words && (
      <p class="note">
        <span class="note-label">{words.label}</span>
        <span>{words.text}</span>
      </p>
    )
  );
}
