/** The rows of the table of profiles (`llm/profiles/profiles.ts`). */
export const profileNames = [
  'openai',
  'azure',
  'openrouter',
  'gemini',
  'anthropic-compatible',
  'deepseek',
  'kimi',
  'mistral',
  'groq',
  'vllm',
  'ollama',
  'llama.cpp',
  'lmstudio',
  'litellm',
  'strict',
] as const;

export type ProfileName = (typeof profileNames)[number];

/** `auto`: by the host of the base URL; a server with an unknown host gets OpenAI's request without any change. */
export const profileSettings = ['auto', ...profileNames] as const;
export type ProfileSetting = (typeof profileSettings)[number];

export const isProfileSetting = (word: string | null): word is ProfileSetting =>
  (profileSettings as readonly (string | null)[]).includes(word);
