/** Commands of operators to a turn. In the Temporal UI an operator can type any argument. */
export type StepCommand = { step: string };
export type ApprovalCommand = { callId: string; approved: boolean };

/** Validates an argument. Returns null unless it is an object with the name of a step. */
export function toStepCommand(sent: unknown): StepCommand | null {
  const { step } = fieldsOf(sent);
  return typeof step === 'string' && step !== '' ? { step } : null;
}

/** Validates an argument. Returns null unless it is an object with the id of a call and a boolean. */
export function toApprovalCommand(sent: unknown): ApprovalCommand | null {
  const { callId, approved } = fieldsOf(sent);
  return typeof callId === 'string' && callId !== '' && typeof approved === 'boolean' ? { callId, approved } : null;
}

const fieldsOf = (sent: unknown): Record<string, unknown> =>
  typeof sent === 'object' && sent !== null ? { ...sent } : {};
