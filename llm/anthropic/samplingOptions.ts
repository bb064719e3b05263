import { type OptionName, optionNames, turnOptions } from '../../domain/turns/turnOptions.js';

type NameOf<Option extends OptionName> = (typeof turnOptions)[Option]['names']['anthropic'];
type Known = { [Option in OptionName]: NameOf<Option> extends null ? never : Option }[OptionName];

/**
 * The options of a turn by which the API's tokens are chosen. A model that reasons takes none of them, and a model may
 * refuse each.
 */
export type SamplingOption = Exclude<Known, 'maxTokens' | 'stop'>;
export type SamplingField = NonNullable<NameOf<SamplingOption>>;

const isSampling = (option: OptionName): option is SamplingOption =>
  turnOptions[option].names.anthropic !== null && option !== 'maxTokens' && option !== 'stop';

/** Each with its name in the API. */
export const samplingOptions = optionNames
  .filter(isSampling)
  .map((option): { option: SamplingOption; field: SamplingField } => ({
    option,
    field: turnOptions[option].names.anthropic,
  }));
