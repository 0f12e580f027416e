# The relay as a container. The database is not inside: pass --database-url, or mount /data for the embedded one.
#   docker build -t sotto . && docker run -p 7443:7443 -v sotto:/data sotto --behind-proxy
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm install --ignore-scripts --no-save
COPY . .
RUN npm run build && npm pack --ignore-scripts --pack-destination /tmp

FROM node:24-bookworm-slim
COPY --from=build /tmp/sotto-*.tgz /tmp/
RUN npm install --global --omit=dev /tmp/sotto-*.tgz \
 && rm -rf /tmp/sotto-*.tgz /root/.npm \
 && install --directory --owner node --group node /data
USER node
VOLUME /data
EXPOSE 7443
ENTRYPOINT ["chat", "relay", "--data", "/data", "--listen", "0.0.0.0:7443"]
