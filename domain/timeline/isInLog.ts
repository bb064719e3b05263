/** Whether a log has an event of this seq. */
export const isInLog = (seq: number, log: { seq: number }): boolean => seq >= 1 && seq <= log.seq;
