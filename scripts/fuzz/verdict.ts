import { Ajv2020 } from 'ajv/dist/2020.js';
import type { OpenApi, Operation } from './operations.js';
import type { FuzzRequest } from './request.js';
import type { Answer } from './send.js';

/** What is wrong with an answer; null: nothing. */
export type Judge = (request: FuzzRequest, answer: Answer) => string | null;

/** Of requests that reach no operation. */
const unroutedCodes = ['not_found', 'method_not_allowed', 'foreign_host'];
const leak = /node_modules|\bat .{1,80}\.ts:\d|\bselect .{1,80} from |\binsert into /;

/** `canaries`: texts of another owner, which no answer may hold. */
export function createJudge(document: OpenApi, canaries: readonly string[]): Judge {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false }).addSchema(document, 'document');
  const allCodes = new Set([...unroutedCodes, ...codesOf(document)]);
  const fits = (pointer: string[], value: unknown): string | null => {
    const path = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    if (ajv.validate(`document#/${path}`, value)) return null;
    return ajv.errorsText(ajv.errors, { dataVar: 'answer' });
  };

  function schemaAt({ path, method, responses }: Operation, status: number, type: string): string[] | null {
    const content = responses[status] ?? {};
    const known = Object.keys(content).find((each) => matches(each, type));
    if (known === undefined) return null;
    return ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', known, 'schema'];
  }

  function judgeError({ operation, isRouted }: FuzzRequest, { status, headers, body }: Answer): string | null {
    const type = mediaType(headers['content-type']);
    if (type !== 'application/problem+json') return `the error is ${type || 'of no type'}`;
    const problem = parse(body) as { status?: unknown; code?: unknown; detail?: unknown } | undefined;
    if (problem === undefined) return 'the problem is no JSON';
    if (problem.status !== status) return `the problem says ${problem.status}`;
    if (leak.test(String(problem.detail))) return `the detail shows what is inside: ${problem.detail}`;
    if (status >= 500 && headers['retry-after'] === undefined) return `${status} without Retry-After`;
    if (!isRouted) return allCodes.has(String(problem.code)) ? null : `no operation has the code ${problem.code}`;
    const schema = schemaAt(operation, status, type);
    const wrong = schema === null ? `${status} is not documented` : fits(schema, problem);
    return wrong && `the code ${problem.code} of ${status} is not documented: ${wrong}`;
  }

  function judgeSuccess({ operation, isRouted }: FuzzRequest, answer: Answer): string | null {
    const { status, headers, body, isWhole } = answer;
    if (!isRouted) return null;
    const content = operation.responses[status];
    if (content === undefined) return `${status} is not documented`;
    const type = mediaType(headers['content-type']);
    if (body.length === 0 && (status === 204 || Object.keys(content).length === 0)) return null;
    const schema = schemaAt(operation, status, type);
    if (schema === null) return `the type ${type || 'none'} is not documented`;
    if (type === 'text/event-stream') return judgeFrames(schema, body.toString());
    if (!/[/+]json$/.test(type) || operation.id === 'getAttachment') return null;
    if (!isWhole) return 'the answer is cut';
    const value = parse(body);
    return value === undefined ? 'the answer is no JSON' : fits(schema, value);
  }

  function judgeFrames(schema: string[], text: string): string | null {
    // The last one may be cut.
    for (const block of text.split('\n\n').slice(0, -1)) {
      const data = block.split('\n').filter((line) => line.startsWith('data:'));
      if (data.length === 0) continue;
      const frame = parse(Buffer.from(data.map((line) => line.slice(5).trimStart()).join('\n')));
      if (frame === undefined) return 'a frame is no JSON';
      const wrong = fits(schema, frame);
      if (wrong) return `a frame: ${wrong}`;
    }
    return null;
  }

  return (request, answer) => {
    const shown = `${JSON.stringify(answer.headers)}\n${answer.body.toString()}`;
    if (canaries.some((canary) => shown.includes(canary))) return 'the answer holds text of another owner';
    const { status } = answer;
    if (request.method === 'HEAD' || request.method === 'OPTIONS')
      return status >= 500 && status !== 503 ? `${status}` : null;
    if (status >= 500 && status !== 503) return `${status}`;
    if (status >= 400) return judgeError(request, answer);
    if (status === 304 && 'if-none-match' in request.headers) return null;
    return status >= 300 ? `${status} is not expected` : judgeSuccess(request, answer);
  };
}

/** The codes of all refusals of the document. */
const codesOf = ({ paths }: OpenApi): string[] =>
  [...JSON.stringify(paths).matchAll(/"code":\{[^}]*?"enum":(\[[^\]]*\])/g)].flatMap(
    ([, codes]) => JSON.parse(codes!) as string[],
  );

const mediaType = (header: string | undefined): string => header?.split(';')[0]?.trim().toLowerCase() ?? '';

/** Whether a media type of the document, which may end in `*`, is this one. */
const matches = (documented: string, type: string): boolean =>
  documented === type || (documented.endsWith('/*') && type.startsWith(documented.slice(0, -1)));

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
