# The app on CPUs: docker build -t imggen . && docker run -p 7860:7860 imggen
FROM python:3.11-slim

ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The default build of PyTorch brings CUDA. PyTorch's own package index has builds for CPUs alone, a tenth of the size:
# give its address, as PyTorch's installation page shows it, with --build-arg TORCH_INDEX=ADDRESS.
ARG TORCH_INDEX=
RUN pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch torchvision
COPY requirements.txt /tmp/requirements.txt
RUN pip install -r /tmp/requirements.txt

WORKDIR /app
COPY app.py train.py pyproject.toml README.md LICENSE ./
COPY imggen imggen
COPY weights weights
RUN python -m compileall -q imggen

# What is written at run time, uploads and downloads, goes below /data, so that the rest may be read-only:
# docker run --read-only --tmpfs /tmp -v imggen:/data -p 7860:7860 imggen
RUN useradd --uid 1000 imggen && mkdir /data && chown imggen /data
USER imggen
ENV HOME=/data HF_HOME=/data/hub GRADIO_SERVER_NAME=0.0.0.0 GRADIO_ANALYTICS_ENABLED=False
VOLUME /data
EXPOSE 7860
HEALTHCHECK CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=5)"
CMD ["python", "app.py", "--port", "7860"]
