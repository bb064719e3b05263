import type { ReplyPart } from './port.js';

/** A step between a provider's stream and its reader: for each part, those that go on. The last one of all is `finish`. */
export type PartStage = (part: ReplyPart) => ReplyPart[];

/** The parts of a stream after a stage, up to and with its `finish`. What follows in the stream is not read. */
export async function* through(parts: AsyncIterable<ReplyPart>, stage: PartStage): AsyncGenerator<ReplyPart> {
  for await (const part of parts)
    for (const passed of stage(part)) {
      yield passed;
      if (passed.type === 'finish') return;
    }
}
