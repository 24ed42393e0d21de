# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 UV_PROJECT_ENVIRONMENT=/opt/portage/.venv UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1
RUN pip install uv
WORKDIR /opt/portage
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev
COPY . .
# Practice mode builds the static files and the compiled translations without any secret.
RUN .venv/bin/python tools/translations.py compile \
    && PORTAGE_VAR=/opt/portage/built .venv/bin/python manage.py collectstatic --no-input

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /home/portage portage \
    && install -d -o portage -g portage /var/lib/portage /var/lib/counterparts
COPY --from=build --chown=root:root /opt/portage /opt/portage
WORKDIR /opt/portage
ENV PATH=/opt/portage/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PORTAGE_VAR=/var/lib/portage COUNTERPART_VAR=/var/lib/counterparts STATIC_DIR=/opt/portage/built/static
USER portage
EXPOSE 8000
CMD ["gunicorn", "carm_portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3"]
