"""Every setting, once. Defaults are those of production: what weakens them must be asked for by the environment."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from portal import env
from portal.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

DEMO = env.flag("COE_DEMO", default=False)
DEBUG = env.flag("COE_DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY must have at least 32 characters.")

BASE_URL = env.text("COE_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.words("COE_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("COE_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "apps.activity",
    "apps.search",
    "apps.wiki",
    "apps.roadmap",
    "apps.tooling",
    "apps.catalog",
    "apps.people",
    "apps.core",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "portal.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "guardian",
    "treebeard",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "graphene_django",
    "django_htmx",
    "lucide",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "apps.core.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.ContentSecurityPolicy",
    "portal.middleware.PrivateAnswers",
    "portal.middleware.CanonicalAddress",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.OwnTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.http_edge.Edge",
    "apps.core.http_edge.Errors",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "portal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.frame",
            ],
            "builtins": ["portal.templatetags.parts"],
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL"))}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: nobody is somebody
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

ACCOUNT_ADAPTER = "apps.people.signin.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "apps.people.signin.OidcAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link: our form-action 'self' forbids a form that ends at another host
OIDC_ISSUER = env.text("OIDC_ISSUER", "").rstrip("/")
if OIDC_ISSUER and not DEMO and not OIDC_ISSUER.startswith("https://"):
    raise ImproperlyConfigured(
        "OIDC_ISSUER must begin with https://: tokens are trusted because TLS brought them."
    )
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": env.text("OIDC_NAME", "Company sign-in"),
                    "client_id": env.text("OIDC_CLIENT_ID"),
                    "secret": env.secret("OIDC_CLIENT_SECRET"),
                    "settings": {
                        "server_url": OIDC_ISSUER,
                        "scope": env.words("OIDC_SCOPES", "openid,profile,email,groups"),
                    },
                }
            ],
        }
    }

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = env.flag("COE_SSL_REDIRECT", default=not DEMO)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if DEMO else env.number("COE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEMO
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.flag("COE_BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # sign-in counts attempts per client, not per proxy

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
LARGEST_UPLOAD = 16 * 1024 * 1024  # a form with its files
LARGER_UPLOADS = {
    r"/wiki/[a-z0-9-]+/-/import/": 100 * 1024 * 1024
}  # by address; files go to disk as they come
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORMAT_MODULE_PATH = "portal.formats"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": env.text("COE_FILES", str(BASE_DIR / "files")), "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEMO or DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

CACHES = {  # in each process; so large, so that nobody's counter of requests or sign-ins is dropped
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
EMAIL_BACKEND = env.text(
    "COE_EMAIL_BACKEND",
    "django.core.mail.backends.console.EmailBackend"
    if DEMO
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.text("COE_EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("COE_EMAIL_PORT", 25)
DEFAULT_FROM_EMAIL = env.text("COE_EMAIL_FROM", "coe-portal@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.people.authentication.BearerAuthentication",
        "apps.core.rest.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.core.throttling.PerCaller"],
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "DEFAULT_PAGINATION_CLASS": "apps.core.rest.CursorPagination",
    "DEFAULT_RENDERER_CLASSES": ["apps.core.rest.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.rest.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "apps.core.rest.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_LIMITS = {
    "requests_per_minute": env.number("COE_REST_REQUESTS_PER_MINUTE", 600),
    "anonymous_requests_per_minute": env.number("COE_REST_ANONYMOUS_REQUESTS_PER_MINUTE", 60),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CoE Portal",
    "DESCRIPTION": "The catalog, people and events of the machine-learning center of excellence.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/portal/favicon.svg",
    "POSTPROCESSING_HOOKS": [],  # enumerations stand where they are used, under no invented names
}
GRAPHENE = {"SCHEMA": "portal.schema.schema", "MIDDLEWARE": [], "RELAY_CONNECTION_MAX_LIMIT": 100}
GRAPHQL_QUERY_OPTIMIZER = {"MAX_COMPLEXITY": 12, "ALLOW_CONNECTION_AS_DEFAULT_NESTED_TO_MANY_FIELD": False}
GRAPHQL_LIMITS = {
    "body_bytes": 256 * 1024,
    "tokens": 1_000,
    "depth": 8,
    "aliases": 15,
    "rows": 25_000,
    "requests_per_minute": env.number("COE_GRAPHQL_REQUESTS_PER_MINUTE", 600),
}

METRICS_TOKEN = env.secret("METRICS_TOKEN", "")  # for Prometheus; without one only the demo shows its metrics
PROCRASTINATE_ON_APP_READY = "apps.core.jobs.on_app_ready"
ADMISSION_FAIL_OPEN = env.flag("COE_ADMISSION_FAIL_OPEN", default=False)  # where the portal itself fails
BACKSTAGE_PUBLIC_FILE = env.flag("COE_BACKSTAGE_PUBLIC_FILE", default=DEMO)
SOURCE_SECRET_DIRS = env.words("COE_SOURCE_SECRET_DIRS", "/run/secrets,/var/run/secrets")

UNFOLD = {
    "SITE_TITLE": "CoE Portal",
    "SITE_HEADER": "CoE Portal",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/",
    "SITE_ICON": "/static/portal/favicon.svg",
    "SHOW_HISTORY": False,
    "SIDEBAR": {"show_search": True, "navigation": "portal.admin_frame.navigation"},
}

LOG_JSON = env.flag("COE_LOG_JSON", default=not (DEMO or DEBUG))
LOGGING = logging_config(json=LOG_JSON, level=env.text("COE_LOG_LEVEL", "INFO"))
LOGGING_CONFIG = "logging.config.dictConfig"
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001"
]  # guardian's backend is not used: our policies read its tables (law 2)
