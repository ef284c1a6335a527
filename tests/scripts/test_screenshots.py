"""The pictures of the README: what a screen becomes, what is refused, and that they are made."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts import screenshots
from scripts.screenshots import SHOTS, ShotError, picture, tidy

SVG = "{http://www.w3.org/2000/svg}"
HOME = Path("/tmp/x/home")


def texts(svg: str) -> list[str]:
    """The pieces of text, spaces as such."""
    root = ElementTree.fromstring(svg)
    return [(node.text or "").replace("\u00a0", " ") for node in root.iter(f"{SVG}text")]


def rules(svg: str) -> str:
    (style,) = ElementTree.fromstring(svg).iter(f"{SVG}style")
    return style.text or ""


@pytest.mark.parametrize("text", ["a & b", "<tag>", 'say "yes"', "it's", "{x}", "[bold]x[/bold]"])
def test_a_character_that_xml_has_a_use_for_is_shown(text: str) -> None:
    svg = picture("x", f"  {text}", f"title {text}")
    assert texts(svg) == [f"  {text}"]
    (title,) = ElementTree.fromstring(svg).iter(f"{SVG}title")
    assert title.text == f"title {text}"


def test_colours_and_weights_are_kept() -> None:
    svg = picture("x", "\x1b[33;1mwarning:\x1b[0m plain \x1b[38;2;1;2;3mtrue\x1b[39m", "")
    assert texts(svg) == ["warning:", " plain ", "true"]
    assert "font-weight: bold" in rules(svg)
    assert "#010203" in rules(svg)


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_long_line_goes_on_in_the_next_one_and_is_not_cut(
    monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    narrow, wide = picture("x", "short", ""), picture("x", "y" * 150, "")
    assert texts(wide) == ["y" * 80, "y" * 70]
    widths = [float(re.findall(r'viewBox="0 0 ([\d.]+)', svg)[0]) for svg in (narrow, wide)]
    assert widths[0] < 80 * CHARACTER < widths[1]


def test_a_picture_asks_no_host_for_anything() -> None:
    svg = picture("x", "text", "")
    assert re.findall(r"(?:https?:)?//[\w.]+", svg) == ["http://www.w3.org"]
    assert "@font-face" not in svg
    assert "url(" in svg
    assert set(re.findall(r"url\((.)", svg)) == {"#"}


def test_the_home_of_a_run_is_shown_as_one_of_a_person() -> None:
    assert tidy(f"in {HOME}/.config", HOME) == "in /home/alice/.config"


@pytest.mark.parametrize(
    "text",
    [
        f"{HOME.parent}/tmux",
        "https://localhost:4711/",
        screenshots._SECRET,
        "this failed unexpectedly (TypeError)",
    ],
)
def test_what_no_picture_may_show_is_refused(text: str) -> None:
    with pytest.raises(ShotError):
        tidy(f"a {text} b", HOME)


KEPT = sorted((Path(screenshots.__file__).parents[1] / "docs" / "screenshots").glob("*.svg"))
CHARACTER = 12.2  # width in the units of the picture


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_picture_has_at_most_80_columns_and_a_bold_prompt_in_colour(path: Path) -> None:
    root = ElementTree.fromstring(path.read_text())
    for node in root.iter(f"{SVG}text"):
        text = (node.text or "").rstrip("\u00a0")
        assert float(node.get("x", "0")) / CHARACTER + len(text) <= 80.5, text
    prompts = [node for node in root.iter(f"{SVG}text") if (node.text or "").startswith("$")]
    assert prompts
    for prompt in prompts:
        (name,) = re.findall(r"-(r\d+)$", prompt.get("class", ""))
        (rule,) = re.findall(rf"-{name} {{([^}}]*)}}", rules(path.read_text()))
        assert "font-weight: bold" in rule
        assert re.search(r"fill: #(?!c5c8c6)", rule), "the prompt has the colour of the text"


@pytest.mark.needs("tmux")
def test_every_picture_is_made_and_shows_what_the_one_in_the_repository_does(
    tmp_path: Path,
) -> None:
    assert screenshots.main(tmp_path) == 0
    made = {path.name: texts(path.read_text()) for path in tmp_path.iterdir()}
    kept = Path(screenshots.__file__).parents[1] / "docs" / "screenshots"
    assert set(made) == {f"{shot.name}.svg" for shot in SHOTS}
    before = {path.name: texts(path.read_text()) for path in kept.iterdir()}
    assert made == before, "run 'make screenshots'"
