# kraken-db with PostgreSQL's client programs, for the service "ingester" of docker-compose.yml and for commands by hand:
#   docker compose run --rm ingester status
# Node.js is there for its npm alone, which brings DuckDB's library.
FROM node:22-bookworm-slim AS node

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /source
COPY . .
RUN dotnet publish src/KrakenDb.Cli -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir /data \
    && chown "$APP_UID" /data
COPY --from=build /app /app
ENV KRAKENDB_HOME=/data
VOLUME /data
USER $APP_UID
ENTRYPOINT ["dotnet", "/app/kraken-db.dll"]
CMD ["--help"]
