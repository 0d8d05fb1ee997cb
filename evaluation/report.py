"""`report.html`: an evaluation for people, in one file that needs no other."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from evaluation import plots
from evaluation.arguments import TextOrigin
from evaluation.comparison import Comparison, NotCompared
from evaluation.document import Evaluation, Findings
from evaluation.samples import MAX_CHARACTERS, TranslatedSentence
from evaluation.scores import LengthBucket, ModelScores
from protocol.artifacts import ModelManifest

_STYLE = (
    "body{font:15px/1.45 sans-serif;color:#222;max-width:70em;margin:2em auto;padding:0 1em}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}table{border-collapse:collapse}"
    "th,td{text-align:left;vertical-align:top;padding:.25em .8em .25em 0;"
    "border-bottom:1px solid #ddd}td.number{text-align:right}code{font-size:.85em}"
    ".accepted{border-left:.4em solid #2e7d32;padding-left:.8em}"
    ".refused{border-left:.4em solid #b3261e;padding-left:.8em}"
    ".key{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}"
)
_ORIGINS = {
    TextOrigin.TEST: "the test set given to this execution",
    TextOrigin.VALIDATION: "the validation text of this execution",
    TextOrigin.SERVED: "the test set of the execution that made the served model",
    TextOrigin.NONE: "none",
}


def report(evaluation: Evaluation) -> str:
    """The page."""
    title = f"Evaluation of {evaluation.model.training_job}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _verdict(evaluation),
        _scores(evaluation) if evaluation.findings else "",
        _lengths(evaluation.findings.by_length) if evaluation.findings else "",
        _curve(evaluation),
        _translations(evaluation.findings) if evaluation.findings else "",
        _model(evaluation.model),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}{plots.STYLE}</style></head>\n"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _verdict(evaluation: Evaluation) -> str:
    verdict, model = evaluation.verdict, evaluation.model
    kind, word = ("accepted", "Accepted") if verdict.promote else ("refused", "Refused")
    languages = f"{model.source_language} to {model.target_language}"
    return (
        f'<p class="{kind}"><strong>{word}.</strong> {escape(verdict.reason)}.</p>'
        f"<p>{escape(languages)}, {escape(evaluation.settings.execution)}, "
        f"{escape(evaluation.created_at)}. Test set: "
        f"{_ORIGINS[evaluation.settings.text_origin]}{_size(evaluation.findings)}.</p>"
    )


def _size(findings: Findings | None) -> str:
    if findings is None:
        return ""
    if findings.num_sentences < findings.num_lines:
        return f", {findings.num_sentences:,} of its {findings.num_lines:,} lines, evenly spread"
    return f", {findings.num_sentences:,} sentences"


def _scores(evaluation: Evaluation) -> str:
    findings = evaluation.findings
    assert findings is not None  # noqa: S101
    columns = ["candidate"] + ["served model"] * (findings.served is not None)
    models = [findings.candidate] + ([findings.served] if findings.served else [])
    rows = [(name, *(_cell(text(model)) for model in models)) for name, text in _MEASURES.items()]
    if evaluation.served_model and findings.served:
        made = (evaluation.model, evaluation.served_model)
        rows.insert(0, ("trained", *(_cell(manifest.created_at) for manifest in made)))
    signatures = "<br>".join(f"<code>{escape(text)}</code>" for text in _signatures(findings))
    return (
        f"<h2>Scores</h2>{_table(['', *columns], rows)}"
        f"<p>{escape(_compared(findings.comparison))}</p><p>{signatures}</p>"
    )


_MEASURES: dict[str, Callable[[ModelScores], str]] = {
    "BLEU": lambda model: f"{model.bleu:.2f}",
    "chrF": lambda model: f"{model.chrf:.2f}",
    "length, over the references'": lambda model: f"{model.length_ratio:.3f}",
    "pieces of the sources that it does not know": lambda model: (
        f"{model.unknown_source_share:.2%}"
    ),
    "&lt;unk&gt; in its translations": lambda model: f"{model.num_unknown_written:,}",
    "empty translations": lambda model: f"{model.num_empty:,}",
    "sources too long to translate": lambda model: f"{model.num_too_long:,}",
    "seconds": lambda model: f"{model.seconds:.1f}",
}


def _signatures(findings: Findings) -> list[str]:
    compared = findings.comparison
    tested = [] if isinstance(compared, NotCompared) else [compared.signature]
    return [*findings.signatures.values(), *tested]


def _compared(comparison: Comparison | NotCompared) -> str:
    if isinstance(comparison, NotCompared):
        return f"Not compared with a served model: {comparison.reason}."
    return (
        f"BLEU differs by {-comparison.loss:+.2f}; p = {comparison.p_value:.3f} (paired bootstrap)."
    )


def _lengths(buckets: Sequence[LengthBucket]) -> str:
    groups = []
    for bucket in buckets:
        values = [("candidate", bucket.candidate)]
        if bucket.served is not None:
            values.append(("served", bucket.served))
        groups.append((f"{bucket.words} ({bucket.num_sentences:,})", values))
    keys = "".join(
        f'<svg class="key" width="12" height="12"><rect class="{kind}" width="12" height="12"/>'
        f"</svg>{kind}"
        for kind, _ in groups[0][1]
    )
    plot = plots.bars("BLEU by words of the source (sentences)", groups)
    return f"<h2>BLEU by sentence length</h2>{plot}<p>{keys}</p>"


def _curve(evaluation: Evaluation) -> str:
    if not evaluation.learning_curve:
        return ""
    drawn = (plots.line(name, points) for name, points in evaluation.learning_curve.items())
    return f"<h2>Learning curve of the candidate</h2>{'<br>'.join(drawn)}"


def _translations(findings: Findings) -> str:
    has_served = findings.served is not None
    return (
        f"<h2>Translations, evenly spread</h2>{_sentences(findings.samples, has_served)}"
        f"<h2>The worst translations, by chrF</h2>{_sentences(findings.worst, has_served)}"
        "<p>All of them: translations.jsonl.</p>"
    )


def _sentences(sentences: Iterable[TranslatedSentence], has_served: bool) -> str:  # noqa: FBT001
    names = ["source", "reference", "candidate"] + ["served"] * has_served + ["chrf"]
    rows = []
    for sentence in sentences:
        texts = sentence.as_dict(MAX_CHARACTERS)
        rows.append(tuple(f"<td>{escape(str(texts[name]))}</td>" for name in names))
    return _table(names, rows)


def _model(model: ModelManifest) -> str:
    facts: dict[str, object] = {
        "training job": model.training_job,
        "trained": model.created_at,
        "parameters": f"{model.num_parameters:,}",
        "batches": f"{model.num_batches:,}, weights of batch {model.kept_batch:,}",
        "seconds of training": f"{model.training_seconds:,.0f}",
        "vocabularies": f"{model.source_vocabulary_size:,} and {model.target_vocabulary_size:,}",
        **{f"trained with: {name}": value for name, value in model.hyperparameters.items()},
        **{f"SHA-256 of {name}": value for name, value in model.fingerprints.items()},
        **{f"version of {name}": value for name, value in model.versions.items()},
    }
    rows = [(escape(name), f"<td>{escape(str(value))}</td>") for name, value in facts.items()]
    return f"<h2>The candidate</h2>{_table(['', ''], rows)}"


def _cell(text: str) -> str:
    return f'<td class="number">{escape(text)}</td>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells; a first one that is no cell yet heads its row."""
    written = "".join(
        "<tr>"
        + "".join(cell if cell.startswith("<td") else f"<th>{cell}</th>" for cell in row)
        + "</tr>"
        for row in rows
    )
    head = "".join(f"<th>{escape(name)}</th>" for name in heads) if any(heads) else ""
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{written}</table>"
