import { findSpeaker } from './findSpeaker.js';
import type { SpeakerNames } from './speakerNames.js';

/**
 * Keeps a streamed reply to the lines of its speaker. The speaker's name at the start is dropped. A line that begins with
 * the name of another participant ends the reply, because a model that continues the dialogue would speak for the user. Lines of
 * others before the first one of the speaker, such as an echo of the user's line, are dropped.
 */
export type OwnLines = {
  /** The text that can be passed on; what a later piece decides about is held back. */
  push(text: string): string;
  /** The rest, at the end of the stream. */
  end(): string;
  /** Whether text is held back, or what comes next depends on text that was dropped. */
  isHolding(): boolean;
  /** Whether the reply has ended before its stream. */
  hasEnded(): boolean;
};

/** Where the next character stands. */
type Place =
  /** At the start, where the speaker's own name may be. */
  | 'start'
  /** After the speaker's own name: white space is dropped. */
  | 'afterName'
  /** At the start of a line, after the own name. */
  | 'lineStart'
  /** In a line. */
  | 'line'
  /** In another participant's line, before the first own one. */
  | 'foreign'
  | 'ended';

const newline = /[\r\n]/;

/** `before`: the text of the reply that was passed on earlier. The result is the same however the text is cut. */
export function createOwnLines(names: SpeakerNames, before = ''): OwnLines {
  let hasPassed = before.trim() !== '';
  let place: Place = !hasPassed ? 'start' : /[\r\n]$/.test(before) ? 'lineStart' : 'line';
  let held = '';
  let passed = '';
  let isNewLine = false;

  function pass(text: string): void {
    passed += text;
    hasPassed ||= text.trim() !== '';
  }

  /** Reads the held text up to where more text decides. */
  function read(isWhole: boolean): string {
    passed = '';
    while (held !== '' && step(isWhole)) if (place === 'ended') held = '';
    return passed;
  }

  /** False when more text decides. */
  function step(isWhole: boolean): boolean {
    switch (place) {
      case 'start':
      case 'lineStart':
        return atLineStart(isWhole);
      case 'line':
      case 'foreign':
        return inLine(place, isWhole);
      case 'afterName':
        return afterName();
      case 'ended':
        return false;
    }
  }

  function atLineStart(isWhole: boolean): boolean {
    const speaker = findSpeaker(held, names, isWhole);
    switch (speaker.found) {
      case 'undecided':
        return false;
      case 'own':
        if (place === 'start') takeName(speaker);
        else place = 'line';
        return true;
      case 'other':
        place = hasPassed ? 'ended' : 'foreign';
        // White space before the name would be searched again.
        held = held.slice(speaker.length);
        return true;
      case 'none':
        place = 'line';
        return true;
    }
  }

  function takeName({ length, kept }: { length: number; kept: string }): void {
    held = held.slice(length);
    pass(kept);
    isNewLine = false;
    place = 'afterName';
  }

  function afterName(): boolean {
    const text = held.trimStart();
    const dropped = held.slice(0, held.length - text.length);
    held = text;
    isNewLine ||= newline.test(dropped);
    if (text !== '') place = isNewLine ? 'lineStart' : 'line';
    return true;
  }

  function inLine(current: 'line' | 'foreign', isWhole: boolean): boolean {
    const keep = (text: string) => current === 'line' && pass(text);
    const at = held.search(newline);
    const end = at < 0 ? held.length : at;
    keep(held.slice(0, end));
    held = held.slice(end);
    if (held === '') return true;
    const speaker = findSpeaker(held, names, isWhole);
    if (speaker.found === 'undecided') return false;
    if (speaker.found === 'own' && !hasPassed) takeName(speaker);
    else if (speaker.found === 'other' && hasPassed) place = 'ended';
    else if (speaker.found === 'other') {
      place = 'foreign';
      held = held.slice(speaker.length);
    } else {
      keep(held.slice(0, 1));
      held = held.slice(1);
    }
    return true;
  }

  return {
    push(text) {
      if (place !== 'ended') held += text;
      return read(false);
    },
    end: () => read(true),
    isHolding: () => held !== '' || place === 'foreign' || place === 'afterName',
    hasEnded: () => place === 'ended',
  };
}
