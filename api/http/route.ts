import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ProblemCode } from './problem.js';

/** `/v1/chats/:chatId/turns` takes `{ chatId }`. */
type PathParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { [K in Name]: string } & PathParams<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? { [K in Name]: string }
    : unknown;

type RouteInput<Params, Query, Body> = {
  owner: string;
  /** The chats that the caller's token names. Null: all chats of the owner. */
  chatIds: readonly string[] | null;
  params: Params;
  query: Query;
  body: Body;
  request: Request;
  response: Response;
};

export type Answer = {
  status: number;
  body?: unknown;
  /** The body as serialised JSON, instead of `body`. */
  json?: string;
  headers?: Record<string, string>;
};

/** The groups of routes in the OpenAPI document. */
export const tags = {
  Turns: 'Start, read, stop and repeat turns, and decide what waits for a person',
  Log: 'The events of a chat, and the transcript that they make',
  Chats: 'Chats of the four kinds',
  Characters: 'Who hosts narrative chats, and who visits them',
  You: "The user's own character",
  Versions: 'The versions of a reply',
  Rewind: 'Take events out of the timeline, and bring them back',
  Fork: 'Begin a chat as a copy of another',
  Relationships: 'What characters feel, know and remember',
  Scenes: 'The scenes of a narrative chat',
  Story: 'Story events, planned or under way',
  Documents: 'Documents, and the changes that models propose to them',
  Attachments: 'Images and text files for messages',
  Tools: 'What agents can be given',
  Providers: 'Model servers that owners bring',
  Webhooks: 'Events that are posted to a URL',
  Artifacts: 'What tools and clients append to a chat',
  Tokens: 'Tokens for browsers and other programs that must not have the key',
  Service: 'Health and metrics',
} as const;
export type Tag = keyof typeof tags;

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export type RouteSpec<Path extends string, Query extends z.ZodType, Body extends z.ZodType> = {
  /** Its name in the OpenAPI document and in generated clients. */
  operation: string;
  method: Method;
  path: Path;
  summary: string;
  /** More than the summary says, for the document. */
  description?: string;
  tag: Tag;
  query?: Query;
  body?: Body;
  /** Whether the body is bytes of any type, which the route reads itself. */
  bytes?: boolean;
  /** The media types of the successful answers, where they are not JSON. */
  answersWith?: string[];
  /** Request headers that the route reads, for the document. */
  headers?: z.ZodObject;
  /** The schema of the body for each successful status; null for no body. */
  answers: { [status: number]: z.ZodType | null };
  /** Whether it requires a key outside of /v1, where all routes do. */
  keyed?: boolean;
  /** Whether it can answer with a stream of frames too. */
  streams?: boolean;
  problems?: ProblemCode[];
  /** Gives the answer, or null if it has written the response itself. */
  handle(input: RouteInput<PathParams<Path>, z.output<Query>, z.output<Body>>): Promise<Answer | null>;
};

/** A route of the api, which is mounted and documented from this. */
export type Route = Omit<RouteSpec<string, z.ZodType, z.ZodType>, 'handle'> & {
  handle(input: RouteInput<unknown, unknown, unknown>): Promise<Answer | null>;
};

export function route<
  const Path extends string,
  Query extends z.ZodType = z.ZodType<unknown>,
  Body extends z.ZodType = z.ZodType<unknown>,
>(spec: RouteSpec<Path, Query, Body>): Route {
  return spec;
}
