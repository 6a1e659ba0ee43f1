# The dashboard and the runner in one image. Everything that a user makes lies in the volume /app/storage.
#
#   docker build -t proxyscope .
#   docker run -p 127.0.0.1:8501:8501 -v proxyscope:/app/storage proxyscope
#
# It answers as localhost alone; under another name: add -e PROXYSCOPE_ALLOWED_HOSTS=proxyscope.lab.org
# With an NVIDIA GPU: run with --gpus all.
# Without one: build with --build-arg TORCH_INDEX=<PyTorch's index of CPU wheels>, and the image is gigabytes smaller.
# One's own images: add -v /path/to/images:/images:ro and give /images as image source.
# A terminal search: docker run -v proxyscope:/app/storage proxyscope python -m backend search
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# tini passes signals on, and reaps the searches that outlive the dashboard's own processes.
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app

# PyTorch comes first, so that another index can be chosen for it alone.
ARG TORCH_INDEX=
COPY requirements.txt ./
RUN pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$(grep '^torch==' requirements.txt)" \
    && pip install -r requirements.txt

COPY LICENSE ./
COPY .streamlit/config.toml .streamlit/
COPY configs/ configs/
COPY backend/ backend/
COPY dashboard/ dashboard/
COPY docs/glossary.md docs/

# The code stays root's: the dashboard's user writes to the volume alone.
RUN useradd --create-home --uid 1000 proxyscope \
    && install --directory --owner=proxyscope --group=proxyscope storage
USER proxyscope
VOLUME ["/app/storage"]

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

ENTRYPOINT ["tini", "--"]
CMD ["python", "-m", "streamlit", "run", "dashboard/app.py", "--server.address=0.0.0.0", "--server.port=8501"]
