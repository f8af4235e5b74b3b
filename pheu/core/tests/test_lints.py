"""The lints of templates and stylesheets see what they are for."""

import lint_styles
import lint_templates
import pytest


def test_every_template_and_stylesheet_keeps_the_rules():
    assert lint_templates.main() == 0
    assert lint_styles.main() == 0


@pytest.mark.parametrize(
    "line",
    [
        "padding: 12px 4px", "margin-inline-start: -6px", "gap: .5rem", "row-gap: 3px", "font-size: 13px",
        "font-weight: 550", "font: 500 11px/17px var(--font)", "font: var(--bold) 11px var(--font)",
        "border-radius: 9px", "border-start-end-radius: 5px", "color: #fff", "background: rgb(0 0 0 / 5%)",
        "border: 1px solid #e8e8e6", "box-shadow: 0 1px 2px rgb(0 0 0 / 5%)", "--own: #123456",
    ],
)  # fmt: skip
def test_a_value_that_no_token_gives_is_refused(line):
    [fault] = lint_styles.faults_of(f".a {{ color: var(--ink); }}\n.b {{ {line}; }}\n")
    assert fault.startswith("line 2: ")


@pytest.mark.parametrize(
    "line",
    [
        "padding: var(--s3) 0", "margin: calc(-1 * var(--s1)) auto", "margin: -1px", "padding: 1px 0", "gap: 0",
        "padding: 10vh 5%", "font-size: 0", "font-size: inherit", "font-weight: var(--bold)", "border-radius: 50%",
        "font: var(--medium) var(--text-xs)/17px var(--font)", "width: 228px", "inset: 6px",
        "border: 2px solid var(--jade)",
        "letter-spacing: -.01em", 'background: url("data:image/svg+xml,%3Csvg stroke=\'#8a8f98\'%3E")',
        "transition: color 140ms", "z-index: 700", "line-height: 19px", "color: light-dark(var(--ink), var(--paper))",
    ],
)  # fmt: skip
def test_what_is_no_rhythm_may_be_what_it_must_be(line):
    assert list(lint_styles.faults_of(f"/* #fff */ .a {{ {line} }}")) == []


def test_a_long_line_of_a_template_is_refused():
    assert lint_templates.long_lines("x" * 159 + "\n" + "x" * 160) == [
        "line 2: 160 characters; split it, so that it says one thing"
    ]
