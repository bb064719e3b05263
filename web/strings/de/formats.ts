import { formatsOf } from '../formats.js';

export const formats = formatsOf('de');
