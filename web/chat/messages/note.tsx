import type { Note } from '../../timeline/timeline.js';

const labels: Record<Note['kind'], string> = { system: 'Note', scene: 'Scene', story: 'Story', object: 'New item' };

/** A line between the messages. */
export function NoteView({ note }: { note: Note }) {
  return (
    <p class={`note ${note.kind}`}>
      <span class="note-label">{labels[note.kind]}</span>
      <span>{note.text}</span>
    </p>
  );
}
