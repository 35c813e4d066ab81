# One image for every process; docker-compose.yml says which command each runs.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=relay_saas.settings RELAY_STATIC_FROM_SOURCE=1
RUN useradd --system --create-home relay && mkdir /data && chown relay /data
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py pyproject.toml ./
COPY relay_saas relay_saas
COPY accounts accounts
COPY campaigns campaigns
COPY delivery delivery
COPY tracking tracking
COPY templates templates
COPY locale locale
USER relay
VOLUME /data
CMD ["granian", "--interface", "asginl", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "relay_saas.asgi:application"]
