"""Settings of one identity provider. Nothing here is shared with the portal but the secret both are given."""

import os

from csp.constants import NONE, SELF

from counterparts.identity.keys import new_signing_key
from counterparts.shell import environment

MODE = environment.mode()
IDENTITY = os.environ.get("IDENTITY", "")
if IDENTITY not in {"gckey", "partner", "staff"}:
    raise environment.BadEnvironment(f"IDENTITY is '{IDENTITY}': use gckey, partner or staff.")
COUNTERPART_NAME = IDENTITY
VAR_DIR = environment.var_dir()
COUNTERPART_SECRET = environment.shared_secret()
PORTAL_URL = environment.web_address("PORTAL_URL", default="http://localhost:8000")
PUBLIC_URL = environment.optional_address("IDENTITY_PUBLIC_URL")
OUTAGE_FILE = environment.outage_file(VAR_DIR, IDENTITY)

SECRET_KEY = environment.kept_text(VAR_DIR / f"{IDENTITY}.key", environment.random_key)
DEBUG = False
ALLOWED_HOSTS = environment.allowed_hosts(PUBLIC_URL)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
    "counterparts.identity",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "counterparts.shell.middleware.RequestedLanguageMiddleware",
    "counterparts.shell.middleware.OutageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "counterparts.identity.urls"
WSGI_APPLICATION = "counterparts.identity.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [environment.BASE_DIR / "counterparts" / "identity" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "counterparts.shell.context.frame",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / f"{IDENTITY}.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
# Authorization codes live in the cache, so every worker of this provider must see the same one.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / f"{IDENTITY}-cache",
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LANGUAGE_COOKIE_NAME = f"{IDENTITY}_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "America/Toronto"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

AUTH_USER_MODEL = "identity.Credential"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "signed_in"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

IDP_OIDC_ADAPTER = "counterparts.identity.adapter.IdentityAdapter"
IDP_OIDC_PRIVATE_KEY = environment.kept_text(VAR_DIR / f"{IDENTITY}.pem", new_signing_key)
IDP_OIDC_AUTHORIZATION_CODE_EXPIRES_IN = 60
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 600

# One name for each provider: a browser sends cookies to every port of the same host.
SESSION_COOKIE_NAME = f"{IDENTITY}_session"
CSRF_COOKIE_NAME = f"{IDENTITY}_csrf"
CSRF_FAILURE_VIEW = "counterparts.shell.views.form_expired"
SESSION_COOKIE_AGE = 15 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# The redirect that follows the posted sign-in form leads to the portal, and browsers hold it to form-action as well.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF],
        "form-action": [SELF, PORTAL_URL],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": f"%(asctime)s %(levelname)s {IDENTITY} %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL") or "WARNING"},
}
