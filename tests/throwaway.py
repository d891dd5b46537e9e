"""Folders that end with the test process."""

import atexit
import shutil
import tempfile


def folder_until_exit() -> str:
    folder = tempfile.mkdtemp(prefix="coe-portal-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
