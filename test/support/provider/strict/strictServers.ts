import type { ProfileName } from '../../../../domain/providers/profileNames.js';
import type { CompletionRequest } from '../../../../scripts/provider/chunks.js';
import type { Reply } from '../scriptedReply.js';
import { wrongCallId } from './strictCallIds.js';
import { breachOfRoles } from './strictRoles.js';

type Body = CompletionRequest & Record<string, unknown>;
/** The refusal of a request; null where the server accepts it. */
type Strictness = (body: Body) => Reply | null;

const openaiError = (message: string, param: string | null = null, code: string | null = null): Reply => ({
  status: 400,
  body: { error: { message, type: 'invalid_request_error', param, code } },
});
const first =
  (...checks: Strictness[]): Strictness =>
  (body) => {
    for (const check of checks) {
      const refusal = check(body);
      if (refusal) return refusal;
    }
    return null;
  };

const common = ['model', 'messages', 'stream', 'temperature', 'tools', 'tool_choice', 'response_format', 'stop'];
const openaiFields = [...common, 'max_completion_tokens', 'max_tokens', 'reasoning_effort', 'stream_options'];

const unknownTo =
  (fields: string[], refuse: (field: string) => Reply): Strictness =>
  (body) => {
    const unknown = Object.keys(body).find((field) => !fields.includes(field));
    return unknown === undefined ? null : refuse(unknown);
  };

const extraForbidden = (field: string): Reply => ({
  status: 422,
  body: {
    object: 'error',
    message: { detail: [{ type: 'extra_forbidden', loc: ['body', field], msg: 'Extra inputs are not permitted' }] },
    type: 'invalid_request_error',
    param: null,
    code: null,
  },
});

const shortCallIds: Strictness = ({ messages }) => {
  const wrong = wrongCallId(messages, /^.{1,40}$/s);
  const length = wrong?.id.length ?? 0;
  const message = `Invalid '${wrong?.path}': string too long. Expected a string with maximum length 40, but got a string with length ${length} instead.`;
  return wrong && openaiError(message, wrong.path, 'string_above_max_length');
};

/** Servers with the tokenizer of Mistral. */
const nineCharacters =
  (status: number): Strictness =>
  ({ messages }) => {
    const wrong = wrongCallId(messages, /^[a-zA-Z0-9]{9}$/);
    const message = `Tool call id was ${wrong?.id} but must be a-z, A-Z, 0-9, with a length of 9.`;
    return wrong && { status, body: { object: 'error', message, type: 'invalid_function_call', code: '3280' } };
  };

/** Reasoning models of OpenAI. */
const openai = first(
  shortCallIds,
  unknownTo(openaiFields, (field) => openaiError(`Unknown parameter: '${field}'.`, field, 'unknown_parameter')),
  (body) =>
    'max_tokens' in body
      ? openaiError(
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          'max_tokens',
          'unsupported_parameter',
        )
      : null,
  ({ temperature }) =>
    temperature !== undefined && temperature !== 1
      ? openaiError(
          `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`,
          'temperature',
          'unsupported_value',
        )
      : null,
  (body) =>
    body.tools && body.reasoning_effort !== 'none'
      ? openaiError(
          "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
          'reasoning_effort',
        )
      : null,
);

const formatOf = (body: Body) => body.response_format?.type;

/** Servers with the template of a model that wants alternating roles. */
const alternating =
  (status: number): Strictness =>
  ({ messages }) => {
    const breach = breachOfRoles(messages);
    if (!breach) return null;
    const message = `Conversation roles must alternate user/assistant/user/assistant/... (${breach})`;
    return { status, body: { object: 'error', message, type: 'BadRequestError', param: null, code: status } };
  };

const noSchema: Strictness = (body) =>
  formatOf(body) === 'json_schema'
    ? openaiError('This response_format type is unavailable now', null, 'invalid_request_error')
    : null;

const hasRanges = (body: Body) =>
  /"(minimum|maximum|minItems|maxItems)":\d/.test(JSON.stringify(body.response_format ?? {}));

/** What each kind of server refuses, as its real answers were reported. Written by hand: none was asked. */
export const strictServers: Record<ProfileName, Strictness> = {
  openai,
  azure: openai,
  openrouter: (body) =>
    hasRanges(body)
      ? {
          status: 400,
          body: {
            error: {
              message: 'Provider returned error',
              code: 400,
              metadata: {
                raw: JSON.stringify({
                  error: { message: "For 'integer' type, properties maximum, minimum are not supported" },
                }),
                provider_name: 'Anthropic',
              },
            },
          },
        }
      : null,
  gemini: unknownTo([...openaiFields, 'extra_body'], (field) => ({
    status: 400,
    body: [
      {
        error: {
          code: 400,
          message: `Invalid JSON payload received. Unknown name "${field}": Cannot find field.`,
          status: 'INVALID_ARGUMENT',
        },
      },
    ],
  })),
  // It ignores `response_format`: see `ignoresSchemas`.
  'anthropic-compatible': first(alternating(400), ({ temperature }) =>
    Number(temperature) > 1 ? openaiError('temperature: range: 0..1') : null,
  ),
  deepseek: noSchema,
  kimi: first(noSchema, ({ temperature }) =>
    temperature !== undefined && temperature !== 1
      ? openaiError('invalid temperature: only 1 is allowed for this model')
      : null,
  ),
  mistral: first(
    nineCharacters(400),
    unknownTo([...common, 'max_tokens', 'prompt_mode', 'parallel_tool_calls'], extraForbidden),
    ({ messages }) =>
      messages.at(-1)?.role === 'assistant' || messages.at(-1)?.role === 'system'
        ? {
            status: 400,
            body: {
              object: 'error',
              message: 'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
              type: 'invalid_request_message_order',
              code: '3230',
            },
          }
        : null,
  ),
  groq: (body) =>
    formatOf(body) === 'json_schema'
      ? openaiError(
          'This model does not support response format `json_schema`. See supported models.',
          'response_format',
        )
      : 'reasoning_effort' in body
        ? openaiError('reasoning_effort is not supported with this model', 'reasoning_effort')
        : null,
  vllm: first(alternating(400), nineCharacters(500)),
  ollama: () => null,
  'llama.cpp': alternating(500),
  lmstudio: (body) =>
    formatOf(body) === 'json_object'
      ? { status: 400, body: { error: "'response_format.type' must be 'json_schema' or 'text'" } }
      : null,
  litellm: (body) => {
    const field = ['reasoning_effort', 'response_format', 'stream_options'].find((name) => name in body);
    return field
      ? openaiError(
          `litellm.UnsupportedParamsError: some_provider does not support parameters: ['${field}'], for model=m. To drop these, set litellm.drop_params=True.`,
        )
      : null;
  },
  strict: first(
    unknownTo(['model', 'messages', 'stream', 'temperature', 'max_tokens', 'tools'], extraForbidden),
    alternating(400),
  ),
};

/** Servers whose models answer in prose unless the prompt has the schema, whatever `response_format` says. */
export const ignoresSchemas: ReadonlySet<ProfileName> = new Set<ProfileName>(['anthropic-compatible']);
