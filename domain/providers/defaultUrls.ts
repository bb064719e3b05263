/** The servers that are asked where no base URL is set, by API. */
export const defaultProviderUrls = {
  chat: 'https://api.openai.com/v1',
  responses: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
} as const;
