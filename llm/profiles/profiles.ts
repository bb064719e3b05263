import { anthropicHosts, isAtHost } from '../../domain/providers/apiOf.js';
import type { ProfileName, ProfileSetting } from '../../domain/providers/profileNames.js';
import { plainRules, type RequestRules } from './requestRules.js';

/** What is known of a kind of server before its first answer. What it refuses beyond that is learnt (`adapted.ts`). */
export type Profile = {
  /** Public hosts, which subdomains belong to. */
  hosts: readonly string[];
  /** The usual port on a local machine. Such a server gets the plain request, because another one may listen there. */
  port?: number;
  rules: RequestRules;
  /** How the server continues a partial message, if the profile is chosen by name. */
  continuation?: 'vllm' | 'openrouter';
};

const plainWith = (changes: Partial<RequestRules>): RequestRules => ({ ...plainRules, ...changes });

/** Keywords of schemas that limit a value. */
export const rangeKeywords = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minLength',
  'maxLength',
  'pattern',
  'format',
] as const;

const openaiRules = plainWith({
  renamed: { max_tokens: 'max_completion_tokens' },
  stops: true,
  messages: ['short_call_ids'],
});

/** The table of profiles. docs/providers.md has a section for each, and says what was tried. */
const profiles: Readonly<Record<ProfileName, Profile>> = {
  openai: { hosts: ['api.openai.com'], rules: openaiRules },
  azure: { hosts: ['openai.azure.com', 'services.ai.azure.com', 'cognitiveservices.azure.com'], rules: openaiRules },
  openrouter: {
    hosts: ['openrouter.ai'],
    rules: plainWith({ thinking: { reasoning: { effort: 'medium' } } }),
    continuation: 'openrouter',
  },
  gemini: { hosts: ['generativelanguage.googleapis.com', 'aiplatform.googleapis.com'], rules: plainRules },
  // It ignores `response_format`, so the schema has to be in the prompt.
  'anthropic-compatible': {
    hosts: anthropicHosts,
    rules: plainWith({
      answers: 'text',
      capped: { temperature: 1 },
      thinking: { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      messages: ['alternate_roles', 'short_call_ids'],
    }),
  },
  deepseek: {
    hosts: ['api.deepseek.com'],
    rules: plainWith({
      answers: 'json_object',
      noAnswers: ['json_schema'],
      thinking: { thinking: { type: 'enabled' } },
    }),
  },
  kimi: {
    hosts: ['api.moonshot.ai', 'api.moonshot.cn'],
    rules: plainWith({
      answers: 'json_object',
      thinking: { thinking: { type: 'enabled' } },
    }),
  },
  // It refuses fields that it does not know. Usage comes without being asked for.
  mistral: {
    hosts: ['api.mistral.ai', 'codestral.mistral.ai'],
    rules: plainWith({
      without: ['stream_options', 'messages.reasoning_content'],
      stops: true,
      messages: ['alternate_roles', 'nine_character_call_ids'],
    }),
  },
  groq: { hosts: ['api.groq.com'], rules: openaiRules },
  vllm: { hosts: [], port: 8000, rules: plainRules, continuation: 'vllm' },
  ollama: { hosts: [], port: 11434, rules: plainRules },
  'llama.cpp': { hosts: [], port: 8080, rules: plainRules },
  lmstudio: { hosts: [], port: 1234, rules: plainWith({ noAnswers: ['json_object'] }) },
  litellm: { hosts: [], port: 4000, rules: plainRules },
  // For a server of which nothing is known but that it refuses much: the fewest parameters, the strictest messages.
  strict: {
    hosts: [],
    rules: plainWith({
      without: ['stream_options', 'reasoning_effort', 'messages.reasoning_content'],
      answers: 'text',
      noAnswers: ['json_schema', 'json_object'],
      schemaWithout: rangeKeywords,
      messages: ['alternate_roles', 'no_null_content', 'short_call_ids'],
    }),
  },
};

export type ChosenProfile = { name: ProfileName | 'plain'; rules: RequestRules; continuation: Profile['continuation'] };

/**
 * The profile of a server: the one that is set, or by the host of its base URL. A local port only names the profile, and a
 * server that no profile knows is `plain`. Only a profile that is set by name says that the server continues messages.
 */
export function profileOf(setting: ProfileSetting, baseUrl: string): ChosenProfile {
  if (setting !== 'auto') {
    const { rules, continuation } = profiles[setting];
    return { name: setting, rules, continuation };
  }
  const rows = Object.entries(profiles) as [ProfileName, Profile][];
  const known = rows.find(([, row]) => isAtHost(row.hosts, baseUrl));
  if (known) return { name: known[0], rules: known[1].rules, continuation: undefined };
  const { port } = new URL(baseUrl);
  const hint = rows.find(([, row]) => row.port !== undefined && String(row.port) === port);
  return { name: hint?.[0] ?? 'plain', rules: plainRules, continuation: undefined };
}
