import type { ClassifierEventKind } from '../classifiers/index.js';
import type { EventData } from '../log/events.js';

/** The events of a story event that show it. */
export type StoryKind = 'story_event_started' | 'story_event_completed' | 'story_event_cancelled';

/** The kinds of events that are shown as a line between the messages. Those of classifiers are, but for two. */
export type NoteKind =
  | 'system_message'
  | 'scene_opened'
  | 'scene_closed'
  | StoryKind
  | 'object_acquired'
  | Exclude<ClassifierEventKind, 'user_turn_parsed' | 'chat_titled'>;

/** The data of a note's event. `title`: of the story event; empty where its plan is not loaded. */
export type NoteData<K extends NoteKind> = EventData<K> & (K extends StoryKind ? { title: string } : unknown);

type NoteOf<K extends NoteKind> = { type: 'note'; seq: number; at: string; kind: K; data: NoteData<K> };

/** A line between the messages: an event, which the page describes in its words. `at` is ISO 8601 UTC. */
export type Note = { [K in NoteKind]: NoteOf<K> }[NoteKind];

/** What describes a note of each kind. */
export type NoteWords = { [K in NoteKind]: (data: NoteData<K>) => { label: string; text: string } };
