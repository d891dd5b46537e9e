"""Code with colours by classes: the languages that people here write, in blocks of a bounded size.

Pygments reads a hostile text in the square of its length, above all long lines (a Makefile of 20,000 brackets in
one line took 20 s; C#, worst of all, stays without colours). So a block past `LARGEST_BLOCK` characters, one with a
line past `LONGEST_LINE`, and what comes on a page after `EFFORT` (the sum of the squares) keep their words and
lose their colours.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

LARGEST_BLOCK = 6_000
EFFORT = 60_000_000
LONGEST_LINE = 300
CLASSES = {name for name in STANDARD_TYPES.values() if name}

# What a fence names -> the lexer and the label that readers see.
LANGUAGES: dict[str, tuple[str, str]] = {
    alias: (lexer, label)
    for lexer, label, aliases in [
        ("bash", "Shell", "bash sh zsh shell"),
        ("c", "C", "c h"),
        ("console", "Console", "console shell-session"),
        ("cpp", "C++", "cpp c++ cxx hpp"),
        ("css", "CSS", "css"),
        ("diff", "Diff", "diff patch udiff"),
        ("django", "Django template", "django jinja jinja2"),
        ("docker", "Dockerfile", "dockerfile docker containerfile"),
        ("go", "Go", "go golang"),
        ("graphql", "GraphQL", "graphql gql"),
        ("html", "HTML", "html"),
        ("http", "HTTP", "http"),
        ("ini", "INI", "ini cfg conf dosini"),
        ("java", "Java", "java"),
        ("javascript", "JavaScript", "javascript js"),
        ("json", "JSON", "json jsonc json5"),
        ("julia", "Julia", "julia jl"),
        ("kotlin", "Kotlin", "kotlin kt"),
        ("make", "Makefile", "make makefile"),
        ("postgres", "SQL", "postgres postgresql"),
        ("powershell", "PowerShell", "powershell pwsh ps1"),
        ("promql", "PromQL", "promql"),
        ("protobuf", "Protobuf", "protobuf proto"),
        ("pycon", "Python console", "pycon"),
        ("python", "Python", "python py python3"),
        ("pytb", "Traceback", "pytb traceback"),
        ("r", "R", "r rlang"),
        ("ruby", "Ruby", "ruby rb"),
        ("rust", "Rust", "rust rs"),
        ("scala", "Scala", "scala"),
        ("sql", "SQL", "sql"),
        ("terraform", "Terraform", "terraform tf hcl"),
        ("toml", "TOML", "toml"),
        ("typescript", "TypeScript", "typescript ts"),
        ("xml", "XML", "xml svg"),
        ("yaml", "YAML", "yaml yml"),
    ]
    for alias in aliases.split()
}
SOURCE_ONLY = {
    "mermaid": "Mermaid diagram",
    "math": "Math",
    "latex": "Math",
    "tex": "Math",
    "text": "Text",
    "csharp": "C#",
}


def label_of(language: str) -> str:
    """How a reader is told the language; an unknown one as it was written, at most 30 characters."""
    known = LANGUAGES.get(language.lower())
    return known[1] if known else SOURCE_ONLY.get(language.lower(), language[:30])


def effort_of(code: str, language: str) -> int:
    """What colouring may cost, in squared characters; 0 when the block gets no colours."""
    known = language.lower() in LANGUAGES and len(code) <= LARGEST_BLOCK
    return len(code) ** 2 if known and max(map(len, code.split("\n"))) <= LONGEST_LINE else 0


def coloured(code: str, language: str, left: int) -> str:
    """Escaped HTML of a block; `left` is the effort that the page has left."""
    effort = effort_of(code, language)
    return _highlighted(code, LANGUAGES[language.lower()][0]) if 0 < effort <= left else escape(code)


@lru_cache(maxsize=256)
def _highlighted(code: str, lexer: str) -> str:
    return str(highlight(code, _lexer(lexer), _formatter()))


@lru_cache(maxsize=64)
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False)


@lru_cache(maxsize=1)
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True)
