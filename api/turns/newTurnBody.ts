import { z } from 'zod';
import { whenBusy, whenFailed } from '../../domain/turns/turn.js';
import { turnOptions } from '../../domain/turns/turnOptions.js';
import { prose } from '../http/input.js';

/** The body of `POST /v1/chats/:chatId/turns`. */
export const newTurnBody = z.strictObject({
  text: prose(),
  quote: prose().optional(),
  whenBusy: whenBusy.default('enqueue'),
  whenFailed: whenFailed.default('fail'),
  ...turnOptions.shape,
});
