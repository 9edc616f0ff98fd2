# Tidemark in a container. Give it a policy file at /etc/tidemark/tidemark.yaml, which sets `server.host: 0.0.0.0`, since
# 127.0.0.1 cannot be reached from outside of the container, and `state: /var/lib/tidemark`, on which a volume keeps it.
#
# The image has no git program: it is needed only for remotes that are folders, such as file:///srv/fleet.git.
# Nor has it the packages of the clouds that `provider` names: an image made from this one adds them as root, beside /app, with
# `npm install --prefix / @aws-sdk/client-ecr` or another.
# This file has not been built yet; a test compares its COPY sources with the repository.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
# With one arena, the allocator of glibc keeps some MiB less that nobody uses.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN install -d -o node -g node /var/lib/tidemark
USER node
VOLUME /var/lib/tidemark
EXPOSE 8080
# For the default port: override it where `server.port` is another.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["run", "--config", "/etc/tidemark/tidemark.yaml"]
