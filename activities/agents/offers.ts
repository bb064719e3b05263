import type { ClientFunctions } from '../../domain/agents/clientFunctions.js';
import type { ToolDescriptor } from '../../domain/agents/tools.js';
import type { ReplyRequest, ToolOffer } from '../../llm/port.js';
import { offeredSchema } from '../../llm/tools/schemas/offeredSchema.js';
import { tidySchema } from '../../llm/tools/schemas/tidySchema.js';

/**
 * The tools of a request: those of the service, and the functions that the client runs. A function with the name of one of
 * our tools takes its place: its request brought it, while our tools may change with the configuration.
 */
export function offersOf(offered: readonly ToolDescriptor[], client: ClientFunctions | null): ToolOffer[] {
  const functions = (client?.functions ?? []).map(({ name, description, parameters }) => ({
    name,
    description,
    parameters: offeredSchema({ ...tidySchema(parameters), type: 'object' }),
  }));
  const names = new Set(functions.map(({ name }) => name));
  const own = offered.filter(({ name }) => !names.has(name));
  return [...own.map(({ name, description, parameters }) => ({ name, description, parameters })), ...functions];
}

/** What a client says of the calls. A choice holds for the first request: one that demands a call would never end. */
export function toolChoiceOf(
  client: ClientFunctions | null,
  { iteration, tools }: { iteration: number; tools: readonly ToolOffer[] },
): Pick<ReplyRequest, 'toolChoice' | 'parallelToolCalls'> {
  if (!client || tools.length === 0) return {};
  const { choice = 'auto', parallel } = client;
  const isMet = typeof choice !== 'object' || tools.some(({ name }) => name === choice.name);
  const chooses = choice !== 'auto' && isMet && (iteration === 0 || choice === 'none');
  return {
    ...(chooses ? { toolChoice: choice } : {}),
    ...(parallel === undefined ? {} : { parallelToolCalls: parallel }),
  };
}
