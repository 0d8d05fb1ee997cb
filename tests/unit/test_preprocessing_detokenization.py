import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacremoses import MosesTokenizer

from preprocessing import detokenization as module
from preprocessing.detokenization import detokenization, detokenized

SENTENCES = {
    "en": [
        'Harry\'s house, he said: "yes".',
        "The well-known (and very long) piece of 1,000 words isn't free: it costs $5!",
        "Smith & Co. [sic] paid 50% | or < 40%; didn't they?",
        "I saw him … 😀 … at 3.30 p.m. in the United States' capital.",
    ],
    "de": [
        'Er sagte: "Ja", und ging (ohne ein Wort) in das Haus.',
        "Die EU-Kommission hat 3,5% von 1.000 Euro & mehr [sic] bezahlt!",
        "„Guten Tag“, sagte die Ärztin; die Straße war naß.",
        "Ist das Spaß | Ernst < oder > Jux-und-Tollerei?",
    ],
}


@pytest.mark.parametrize("language", SENTENCES)
def test_what_moses_tokenised_comes_back(language: str) -> None:
    sentences = SENTENCES[language]
    tokenizer = MosesTokenizer(lang=language)
    tokenized = [
        tokenizer.tokenize(sentence, aggressive_dash_splits=True, return_str=True)
        for sentence in sentences
    ]
    assert all("@-@" in line or "&" in line or " ," in line or " ." in line for line in tokenized)
    assert detokenized(language, tokenized) == sentences


@pytest.mark.parametrize(
    ("language", "tokenized", "text"),
    [
        (
            "en",
            "Harry &apos;s house , he said : &quot; yes &quot; .",
            'Harry\'s house, he said: "yes".',
        ),
        ("en", "a well @-@ known &#124; &#91; piece &#93; &amp; co", "a well-known | [piece] & co"),
        ("de", "die EU @-@ Kommission : 3 &lt; 4 .", "die EU-Kommission: 3 < 4."),
        ("de", "", ""),
        ("en", " \t\u2028 ", ""),
        ("cs", "slyšel' - li mu", "slyšel' - li mu"),
        ("fr", "l&apos; eau", "l'eau"),
        ("xx", "of a language without rules !", "of a language without rules!"),
    ],
)
def test_examples(language: str, tokenized: str, text: str) -> None:
    assert detokenized(language, [tokenized]) == [text]


TOKENS = [
    "&apos;",
    "&#124;",
    "@-@",
    "&amp;",
    "&#10;",
    "'",
    '"',
    "-",
    "li",
    "e'",
    "„",
    "“",
    ":",
    "N",
]
TOKENS += ["1", ".", "$", "日本", "😀", "\u2028", "\x85", "\x1c", "\r", "\n", "\x0b", "x"]


@settings(max_examples=60)
@given(
    language=st.sampled_from(["en", "de", "fr", "it", "cs", "fi", "ko", "zh", "qqq"]),
    lines=st.lists(
        st.lists(st.sampled_from(TOKENS) | st.text(max_size=3), max_size=8).map(" ".join),
        max_size=4,
    ),
)
def test_every_line_stays_one_line(language: str, lines: list[str]) -> None:
    found = detokenized(language, lines)
    assert len(found) == len(lines)
    for line in found:
        assert len(line.splitlines()) <= 1
        assert line == " ".join(line.split())


def test_many_lines_are_shared_out_and_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINES_AT_ONCE", 5)
    lines = [f"number {number} , &quot; {number} &quot; ." for number in range(23)]
    with detokenization() as processes:
        found = processes.into("en")(lines)
    assert found == [f'number {number}, "{number}".' for number in range(23)]
