"""What a file from CI asks for: from the bytes of a requirements file, a lock or a list of images to its lines.

Pure: no network, no installed environment, nothing is executed or followed. Any bytes give a Manifest or raise
ManifestError; nothing else is raised.
"""

from apps.tooling.manifests.reading import read_manifest
from apps.tooling.manifests.requirement import (
    Ecosystem,
    Manifest,
    ManifestError,
    Problem,
    Requirement,
)

__all__ = ["Ecosystem", "Manifest", "ManifestError", "Problem", "Requirement", "read_manifest"]
