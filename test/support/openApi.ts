import { type AppDeps, routesOf } from '../../api/app.js';
import { openApiDocument } from '../../api/http/openapi.js';

/** Stands for whatever the routes are given: describing them calls none of it. */
const anything: unknown = new Proxy(() => undefined, { get: () => anything, apply: () => anything });

/** The document of the whole api, without an api. */
export const wholeDocument = () => openApiDocument(routesOf(anything as AppDeps));
