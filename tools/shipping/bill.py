"""The bill of materials of a native library (SBOM), as CycloneDX writes it in JSON."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from cyclonedx.builder.this import this_component
from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from .crates import Package
from .places import EPOCH, Failure, version

# A namespace for the numbers of our bills: the same materials have the same number.
SPACE = uuid.UUID("6f1c6a0e-4c1b-4d0e-9d0f-0a8d6a1f3b52")


def text(packages: Sequence[Package]) -> str:
    """The bill for a library that contains these packages."""
    licenses = LicenseFactory()
    components = {(package.name, package.version): _component(package, licenses) for package in packages}
    whole = Component(
        name="trimaran",
        version=version(),
        type=ComponentType.LIBRARY,
        bom_ref="trimaran",
        licenses=[licenses.make_with_expression("Apache-2.0 WITH LLVM-exception")],
    )
    names = ",".join(f"{name} {number}" for name, number in components)
    bom = Bom(serial_number=uuid.uuid5(SPACE, names), components=components.values())
    bom.metadata.component = whole
    bom.metadata.timestamp = datetime.fromtimestamp(EPOCH, UTC)
    bom.metadata.tools.components.add(this_component())
    bom.register_dependency(whole, [component for key, component in components.items() if key[0] == "trimaran-ffi"])
    for package in packages:
        uses = [components[use] for use in package.uses]
        bom.register_dependency(components[package.name, package.version], uses)
    made = JsonV1Dot6(bom).output_as_string(indent=1)
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(made)
    if wrong is not None:
        raise Failure(f"the bill of materials is none of CycloneDX: {wrong}")
    return made + "\n"


def _component(package: Package, licenses: LicenseFactory) -> Component:
    # Older packages write a choice with a slash.
    expression = " OR ".join(part.strip() for part in package.license.split("/"))
    links = (
        [ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(package.repository))] if package.repository else []
    )
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{package.name} {package.version}",
        purl=PackageURL("cargo", name=package.name, version=package.version),
        licenses=[licenses.make_with_expression(expression)],
        external_references=links,
    )
