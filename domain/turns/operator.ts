/** What operators may ask of a turn. From the Temporal UI an argument is whatever somebody typed. */
export type StepCommand = { step: string };
export type ApprovalCommand = { callId: string; approved: boolean };

/** Null for what is no object with a step's name. */
export function toStepCommand(sent: unknown): StepCommand | null {
  const { step } = fieldsOf(sent);
  return typeof step === 'string' && step !== '' ? { step } : null;
}

/** Null for what does not name a call and say yes or no. */
export function toApprovalCommand(sent: unknown): ApprovalCommand | null {
  const { callId, approved } = fieldsOf(sent);
  return typeof callId === 'string' && callId !== '' && typeof approved === 'boolean' ? { callId, approved } : null;
}

const fieldsOf = (sent: unknown): Record<string, unknown> =>
  typeof sent === 'object' && sent !== null ? { ...sent } : {};
