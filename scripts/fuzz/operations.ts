export type Schema = { [keyword: string]: unknown };
type Content = Record<string, { schema: Schema }>;
type Parameter = { name: string; in: string; required?: boolean; schema: Schema };

/** As much of an OpenAPI document as the fuzzer reads. */
export type OpenApi = {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
};

type Described = {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
};

/** A call of the document. `body`: the schema of its JSON, `bytes`, or null where it takes none. */
export type Operation = {
  id: string;
  method: string;
  path: string;
  parameters: Parameter[];
  body: Schema | 'bytes' | null;
  responses: Record<string, Content>;
};

export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => ({
      id: described.operationId,
      method: method.toUpperCase(),
      path,
      parameters: described.parameters ?? [],
      body: bodyOf(described),
      responses: Object.fromEntries(
        Object.entries(described.responses).map(([status, { content }]) => [status, content ?? {}]),
      ),
    })),
  );
}

function bodyOf({ requestBody }: Described): Operation['body'] {
  if (!requestBody) return null;
  return requestBody.content['application/json']?.schema ?? 'bytes';
}
