# A relay as a container. The database is not inside: give it one with SOTTO_RELAY_DATABASE_URL.
#   docker build -t sotto . && docker run -v sotto:/data -e SOTTO_RELAY_DATABASE_URL=postgres://… -p 7443:7443 sotto --tls self-signed
# All of it with a proxy, a database and a second relay: deploy/compose.yaml.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
# install, not ci: the lockfile names the binaries of one platform, install adds those of this one.
RUN npm install --ignore-scripts --no-save --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs && node scripts/make-runtime.mjs /runtime

# Node alone: no npm, no compiler, no source.
FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="Sotto relay" \
      org.opencontainers.image.description="Stores and forwards end-to-end encrypted messages" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /runtime /opt/sotto
RUN groupadd --gid 10001 sotto \
 && useradd --uid 10001 --gid sotto --home-dir /data --no-create-home --shell /usr/sbin/nologin sotto \
 && install --directory --owner sotto --group sotto --mode 0700 /data
# The listening side is for inside: publish 7443 and leave 9464 to the network of the operator.
ENV NODE_ENV=production \
    SOTTO_RELAY_LISTEN=0.0.0.0:7443 \
    SOTTO_RELAY_DATA=/data \
    SOTTO_RELAY_METRICS_LISTEN=0.0.0.0:9464
USER 10001:10001
VOLUME /data
EXPOSE 7443 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "/opt/sotto/scripts/is-ready.mjs"]
ENTRYPOINT ["node", "/opt/sotto/bin/chat.js", "relay"]
