/** Numbers of the events of a reply's step: part of the keys under which they are appended once. */
export const STARTED = 0;
export const LANDED = 1;
