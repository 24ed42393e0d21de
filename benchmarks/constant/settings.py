"""The portal's own settings, with the constant page in front of its addresses."""

from carm_portal.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.constant.urls"
