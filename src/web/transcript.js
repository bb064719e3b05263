/**
 * The transcript of one chat, grown frame by frame. A reply's text is kept by epoch and offset, so that a frame
 * that comes twice changes nothing. All text enters the page as text.
 */
export function createTranscript(root) {
  const turns = new Map();

  function turnOf(turnId) {
    if (!turns.has(turnId)) {
      const box = root.appendChild(document.createElement('div'));
      turns.set(turnId, { box, beats: new Map() });
    }
    return turns.get(turnId);
  }

  function append(box, className, text) {
    const element = box.appendChild(document.createElement('p'));
    element.className = className;
    element.textContent = text;
    return element;
  }

  function beatOf(turnId, beat) {
    const turn = turnOf(turnId);
    if (!turn.beats.has(beat)) {
      turn.beats.set(beat, { element: append(turn.box, 'message assistant', ''), epoch: 0, length: 0, landed: false });
    }
    return turn.beats.get(beat);
  }

  function begin(beat, epoch, text) {
    beat.epoch = epoch;
    beat.length = text.length;
    beat.element.textContent = text;
    beat.element.classList.toggle('streaming', !beat.landed);
  }

  const events = {
    user_turn: ({ turnId, data }) => append(turnOf(turnId).box, 'message user', data.text),
    assistant_turn({ turnId, data }) {
      const beat = beatOf(turnId, data.beat);
      beat.landed = true;
      begin(beat, beat.epoch, data.text);
      const words = data.error?.message ?? (data.truncated ? 'Stopped.' : '');
      if (words) append(turnOf(turnId).box, 'note', words);
    },
    turn_completed({ turnId, data }) {
      const turn = turnOf(turnId);
      for (const beat of turn.beats.values()) if (!beat.landed) beat.element.remove();
      if (turn.beats.size > 0) return;
      const words = data.error?.message ?? (data.status === 'cancelled' ? 'Stopped before a reply.' : '');
      if (words) append(turn.box, 'note', words);
    },
    turn_rolled_back: ({ data }) => turns.get(data.turnId)?.box.remove(),
  };

  const frames = {
    event: (frame) => events[frame.kind]?.(frame),
    draft({ turnId, beat, epoch, channel, text }) {
      if (channel === 'text') begin(beatOf(turnId, beat), epoch, text);
    },
    token({ turnId, beat: number, epoch, channel, offset, text }) {
      if (channel !== 'text') return;
      const beat = beatOf(turnId, number);
      if (beat.landed || epoch < beat.epoch) return;
      if (epoch > beat.epoch) begin(beat, epoch, '');
      if (offset > beat.length) return;
      const fresh = text.slice(beat.length - offset);
      beat.element.append(fresh);
      beat.length += fresh.length;
    },
    restart: ({ turnId, beat, epoch }) => begin(beatOf(turnId, beat), epoch, ''),
  };

  return {
    take(frame) {
      const atEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 80;
      frames[frame.type]?.(frame);
      if (atEnd) root.scrollTop = root.scrollHeight;
    },
    clear() {
      turns.clear();
      root.replaceChildren();
    },
  };
}
