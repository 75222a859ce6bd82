# One file for all images: `docker build --build-arg APP=account .`, or APP=customer, or APP=console. The image of a service runs
# its production entry; `--build-arg ENTRY=lab/main` builds an image of its lab entry, which has the experiments and reads
# TIME_SCALE.
#
# Packages are installed from the lockfile alone, so a change of the sources compiles and copies but installs nothing.

# To pin by digest: --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:… (compose passes NODE_IMAGE on).
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# ---- The files that npm reads: the lockfile and every package.json. They are found without a list, and layers that copy from
# here are reused until one of them changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /context
COPY . .
RUN mkdir /manifests && find . \( -name package.json -o -name package-lock.json -o -name .npmrc \) \
        -exec cp --parents -t /manifests {} +

# ---- The compilers, the same for all images. No package runs a script, because none that is used here needs one.
FROM ${NODE_IMAGE} AS toolchain
WORKDIR /workspace
COPY --from=manifests /manifests ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --include-workspace-root \
        --workspace=@breakwater/account --workspace=@breakwater/customer --workspace=@breakwater/console

# ---- The compiled app and libraries, without files that only compilers and tests read. The libraries are in the app's
# node_modules as if they came from a registry, where they find the packages that the app installs for them.
FROM toolchain AS build
COPY tsconfig.base.json ./
COPY libs libs
COPY apps apps
COPY load-tests/scenarios load-tests/scenarios
COPY tools/bundle-service.ts tools/
ARG APP
RUN node_modules/.bin/tsc --build "apps/${APP:?is account, customer or console}/tsconfig.build.json" \
    && if test -f "apps/${APP}/build-page.ts"; then node "apps/${APP}/build-page.ts"; fi
# Bundled, a service starts in a third of the time (docs/performance.md). The bundle replaces the compiled files.
ARG ENTRY=main
RUN case "${APP}" in account|customer) node tools/bundle-service.ts "apps/${APP}" "${ENTRY}";; esac
# Only the lab entry reads the configuration of the experiments.
RUN if test "${ENTRY}" != lab/main; then rm -f "apps/${APP}/resilience-demo.yml"; fi
RUN mkdir -p /compiled/node_modules/@breakwater \
    && cp -r "apps/${APP}/package.json" "apps/${APP}/dist" $(find "apps/${APP}" -maxdepth 1 -name '*.yml') /compiled \
    && for dist in libs/*/dist; do \
           library="/compiled/node_modules/@breakwater/$(basename "$(dirname "$dist")")"; \
           mkdir "$library" && cp -r "$dist/../package.json" "$dist" "$library"; \
       done \
    && if test -d "apps/${APP}/bundle"; then \
           rm -r /compiled/dist && cp -r "apps/${APP}/bundle" /compiled/dist; \
       fi \
    && find /compiled \( -name '*.d.ts' -o -name '*.d.ts.map' -o -name '*.tsbuildinfo' \) -delete

# ---- The packages that this app needs in production. npm also installs what the workspace's own packages need for their tests;
# the large ones are optional programs for one platform, which are omitted.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /workspace
COPY --from=manifests /manifests ./
ARG APP
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --omit=dev --omit=optional --omit=peer --include-workspace-root=false \
        --workspace="@breakwater/${APP:?is account, customer or console}"
RUN rm -r node_modules/@breakwater && mkdir -p "/installed/apps/${APP}" \
    && mv node_modules /installed \
    && if test -d "apps/${APP}/node_modules"; then mv "apps/${APP}/node_modules" "/installed/apps/${APP}"; fi \
    && for nested in $(find libs -maxdepth 2 -name node_modules); do \
           library="/installed/apps/${APP}/node_modules/@breakwater/$(basename "$(dirname "$nested")")"; \
           mkdir -p "$library" && mv "$nested" "$library"; \
       done

# ---- The image.
FROM ${NODE_IMAGE}
ARG APP
ENV NODE_ENV=production APP=${APP} HOST=0.0.0.0 PORT=3000
WORKDIR /workspace
COPY --from=dependencies /installed ./
WORKDIR /workspace/apps/${APP}
COPY --from=build /compiled ./
USER node
EXPOSE 3000

# Whether the process runs, not whether it can work: a restart of the container would not repair the database.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# The default name of a replica contains the container's. `exec`: signals reach node.
ENTRYPOINT ["/bin/sh", "-c", "INSTANCE_NAME=\"${INSTANCE_NAME:-$APP-$HOSTNAME}\" exec \"$@\"", "--"]
# V8 lets the young generation grow with the memory of the machine, up to 128 MiB. It is garbage that nobody has collected yet.
CMD ["node", "--enable-source-maps", "--max-semi-space-size=16", "dist/main.js"]

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="breakwater-${APP}" \
      org.opencontainers.image.description="The ${APP} service of Breakwater" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
