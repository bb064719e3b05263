/** The APIs that a provider may speak: Chat Completions, the Responses API, and Anthropic's Messages API. */
export const providerApis = ['chat', 'responses', 'anthropic'] as const;
export type ProviderApi = (typeof providerApis)[number];

export const isProviderApi = (word: string | null): word is ProviderApi =>
  (providerApis as readonly (string | null)[]).includes(word);
