"""What `tools/site/pages.py` makes of a page: links lead to pages of the site, and several languages become tabs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from pages import ROOT


def _site() -> ModuleType:
    """The tool, which is no module of a package."""
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / "tools" / "site" / "pages.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SITE = _site()
PAGE = "Python\n\n<!-- continues -->\n```python\na\n\nb\n```\n\nSwift, as well\n\n```swift\nc\n```\n\nThe end.\n"


def test_blocks_that_follow_each_other_become_tabs() -> None:
    expected = (
        '=== "Python"\n\n    ```python\n    a\n\n    b\n    ```\n\n'
        '=== "Swift"\n\n    As well:\n\n    ```swift\n    c\n    ```\n\n'
        "\nThe end.\n"
    )
    assert SITE.tabs(PAGE) == expected


def test_one_block_stays_as_it_is() -> None:
    one = "Python\n\n```python\na\n```\n\nSome words.\n\nKotlin\n\n```kotlin\nb\n```\n"
    assert SITE.tabs(one) == one


def test_every_page_has_a_place_and_its_links_lead_on(tmp_path: Path) -> None:
    SITE.write(tmp_path)
    start = (tmp_path / "index.md").read_text()
    assert '=== "Kotlin"' in start and "](untrusted.md)" in start and 'src="trimaran.svg"' in start
    assert "](https://github.com/trimaran/trimaran/blob/main/examples)" in start
    guide = (tmp_path / "guides" / "first-plugin.md").read_text()
    assert "](../untrusted.md)" in guide
    assert len(list(tmp_path.rglob("*.md"))) == len(SITE.pages()) + 1
