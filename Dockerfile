# The hub in one image: dashboard and Python packages are built in stages of their own and copied into a slim one.

FROM node:24-slim AS dashboard
WORKDIR /build/dashboard
COPY dashboard/package.json dashboard/package-lock.json dashboard/.npmrc ./
RUN npm ci
COPY dashboard ./
RUN npm run build

FROM python:3.11-slim AS packages
WORKDIR /build
RUN python -m venv /opt/hub
ENV PATH=/opt/hub/bin:$PATH
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY hub hub
COPY simulators simulators
COPY --from=dashboard /build/hub/static hub/static
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data hub && install -d -o hub -g hub /data
COPY --from=packages /opt/hub /opt/hub
# Inside a container every address is right; which of them the world sees is said by the published ports.
ENV PATH=/opt/hub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HUB_DATA_DIR=/data \
    HUB_HTTP_HOST=0.0.0.0 \
    HUB_HTTP_PORT=8000
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# Ready means that an event went through broker and log and came back, so this also finds a broker that is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", \
    "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"HUB_HTTP_PORT\"]}/health/ready', timeout=4)"]
CMD ["hub", "serve"]
