# One image for coordinators and agents: `command` says which program runs.
FROM node:24-slim

# git gives complexity-analysis its churn; tini reaps what a skill leaves behind.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git tini \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json ./
# The image has Node 24 itself; the pinned `node` package is for development only.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

COPY core ./core
COPY language ./language
COPY machines ./machines
COPY topology ./topology
COPY bus ./bus
COPY store ./store
COPY models ./models
COPY agents ./agents
COPY coordinator ./coordinator
COPY skills ./skills
COPY cascades ./cascades

RUN mkdir /workspace && chown node:node /workspace
# For glibc: a tenth less memory, as under the supervisor.
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072
USER node
ENV INIT_CWD=/workspace LOG_LEVEL=info
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--max-semi-space-size=8", "--heap-growing-percent=50", "--no-parallel-scavenge"]
CMD ["agents/main.ts"]
