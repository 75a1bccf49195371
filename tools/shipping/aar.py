"""The package for Android, an AAR: the classes, a native library for each processor, and rules for R8."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import archives
from .native import folder
from .places import BILL, NOTICES, ROOT, version
from .targets import ANDROID, Target

NAME = "trimaran-android"
# Of Android 8.0. `tools/shipping/android/pom.xml` checks it.
MIN_SDK = 26
RULES = "META-INF/proguard/trimaran.pro"
MANIFEST = f"""<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="dev.trimaran">
    <uses-sdk android:minSdkVersion="{MIN_SDK}" />
</manifest>
"""


def entries(classes: dict[str, bytes], targets: Sequence[Target]) -> dict[str, bytes]:
    """The files of the AAR. `classes` is what the jar of the JVM has."""
    made = {
        "AndroidManifest.xml": MANIFEST.encode(),
        "R.txt": b"",
        # A name of Java's modules is none of Android's, and the rules stand beside the classes. Kotlin's compiler finds
        # functions outside of classes by its own file.
        "classes.jar": archives.packed(
            {name: body for name, body in classes.items() if name.startswith("dev/") or name.endswith(".kotlin_module")}
        ),
        "proguard.txt": classes[RULES],
        "META-INF/LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    for target in targets:
        native, place = folder(target), ANDROID[target.triple]
        made[f"jni/{place}/{target.library}"] = (native / "jvm" / target.library).read_bytes()
        made[f"META-INF/{place}/{NOTICES}"] = (native / NOTICES).read_bytes()
        made[f"META-INF/{place}/{BILL}"] = (native / BILL).read_bytes()
    return made


def pom(main: str) -> bytes:
    """The POM of the classes, as that of an AAR: without the libraries of other systems."""
    text = re.sub(
        r"    <dependency>(?:(?!</dependency>).)*trimaran-native-.*?</dependency>\n", "", main, flags=re.DOTALL
    )
    text = text.replace("<artifactId>trimaran</artifactId>", f"<artifactId>{NAME}</artifactId>", 1)
    text = text.replace(
        f"<version>{version()}</version>", f"<version>{version()}</version>\n  <packaging>aar</packaging>", 1
    )
    return text.replace("<name>Trimaran</name>", "<name>Trimaran for Android</name>", 1).encode()
