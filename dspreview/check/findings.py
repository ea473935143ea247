"""What `check` can find: a stable code each, how bad it is, and what to do about it. docs/check.md is made from this table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from dspreview.errors import UsageError
from dspreview.models import Json
from dspreview.suggestions import did_you_mean

SEVERITIES = ("info", "warning", "error")
"""From harmless to bad."""


class FindingKind(NamedTuple):
    """One kind of finding."""

    code: str
    severity: str
    title: str
    example: str
    remedy: str


KINDS = {
    kind.code: kind
    for kind in (
        FindingKind("load-failed", "error", "a config or split does not load", "a Parquet file that was cut off", "repair or remove the named file"),
        FindingKind("no-data", "error", "there is no data file", "a folder with only a README", "add data files, or name them with data_files in the README"),
        FindingKind("readme-unreadable", "error", "the YAML of the README cannot be used", "a tab in its indentation", "correct the YAML at the given line"),
        FindingKind("script", "error", "the dataset is a loading script", "glue/glue.py", "publish the data as Parquet; `datasets` no longer runs loading scripts"),
        FindingKind("pickle", "error", "a pickle, which can run code", "data.pkl", "save the data as Parquet"),
        FindingKind("outside-file", "error", "a file or pattern reaches outside the dataset", "data_files: ../other/*.csv", "move the file into the dataset"),
        FindingKind("pattern-without-files", "error", "a pattern of the README matches no file", "path: tran/*.csv", "correct the pattern, or remove it"),
        FindingKind("missing-shard", "warning", "files of a numbered set are missing", "train-00000-of-00002.parquet alone", "add the missing files, or number the set anew"),
        FindingKind("unused-file", "warning", "no config uses a data file", "extra.parquet next to train.parquet", "name it in data_files, or remove it"),
        FindingKind("unread-files", "info", "files of kinds that no config reads", "12 .log files", "nothing, if they are no data; else save them in a format that is read"),
        FindingKind("bad-name", "error", "a config or split cannot be addressed by its name", "config_name: a/b", "use letters, digits, dots, dashes and underscores; no dash in splits"),
        FindingKind("files-disagree", "error", "files of one config have different columns or types", "n is int64 in one file and string in another", "use the same columns and types in all files, or make two configs"),
        FindingKind("library-refuses", "error", "`datasets` does not load what a file contains", "a column of UUIDs", "store the data in a type that `datasets` supports, or remove the part that the message names"),
        FindingKind("library-differs", "warning", "`datasets` reads a file differently from what it contains", "a delimiter at the end of each line: the first column is taken for an index", "correct the file at the given line"),
        FindingKind("ragged-row", "error", "a row of a CSV has more or fewer fields than the header", "four fields below three names", "quote the field that has the delimiter in it, or add what is missing; `datasets` refuses longer rows, and fills up shorter ones"),
        FindingKind("info-features", "error", "dataset_info and the data have different features", "a column that was renamed in the data only", "correct dataset_info, or remove its features"),
        FindingKind("info-rows", "error", "dataset_info has a different number of rows, or different splits", "num_examples: 99 of 10 rows", "correct dataset_info; `datasets` refuses to download it as it is"),
        FindingKind("info-bytes", "warning", "dataset_info has different sizes", "download_size: 5 of 60,000 bytes", "correct dataset_info, or remove the number"),
        FindingKind("duplicate-column", "error", "two columns have the same name", "id,text,id", "rename one of them"),
        FindingKind("similar-column", "warning", "the names of two columns differ only in case", "Text and text", "rename one of them; SQL treats them as the same name"),
        FindingKind("label-out-of-range", "error", "a class label has no name", "2, but there are only two names", "correct the label, or add its name; -1 means no label"),
        FindingKind("undecodable-image", "error", "an image cannot be decoded", "a JPEG that was cut off", "replace it, or leave the row out"),
        FindingKind("undecodable-audio", "error", "an audio file cannot be decoded", "a WAV without a header", "replace it, or leave the row out"),
        FindingKind("undecodable-file", "error", "a video, PDF or other file does not match the type of its column", "a PDF column with a file that is not a PDF", "replace it, or leave the row out"),
        FindingKind("missing-media", "error", "a file that a row names is not there", "file_name: a.png without a.png", "add the file, or correct its name"),
        FindingKind("invalid-utf8", "error", "text that is not UTF-8", "a CSV in Latin-1", "write the text as UTF-8"),
        FindingKind("mojibake", "warning", "text that was decoded with the wrong encoding", "cafÃ© for café", "read the source with the right encoding, and write it again"),
        FindingKind("null-as-text", "warning", "missing values written as text", "the text null, or NaN", "write real nulls"),
        FindingKind("mixed-types", "warning", "values of several JSON types in one column", '1 and then "one"', "use one type, or two columns"),
        FindingKind("annotation-orphan", "warning", "an annotation of an image, or of a category, that is not there", "a box with image_id 77, and no image has this id", "add the image or the category, or remove the annotation"),
        FindingKind("broken-line", "warning", "a line of a session that is no JSON object", "the last line, cut off while it was written", "complete the line, or remove it; the session is shown without it"),
        FindingKind("turn-role-unknown", "warning", "a turn of a conversation has a role that models do not know", '"role": "narrator"', "use system, user, assistant and tool"),
        FindingKind("turn-empty", "warning", "a turn of a conversation says nothing", '"content": ""', "fill it, or remove the turn"),
        FindingKind("turn-order", "warning", "one side speaks twice in a row", "two turns of user, one after the other", "join them, or add the turn that is missing"),
        FindingKind("tool-result-orphan", "warning", "the result of a tool that was not called", "tool_call_id: call_9, and no call has this id", "add the call, or correct the id"),
        FindingKind("system-prompt-repeated", "warning", "a conversation has a second system prompt", "turns 0 and 4 are of system", "join them into the first turn"),
        FindingKind("conversation-unfinished", "info", "a conversation ends without an answer", "its last turn is of user", "nothing, if these are prompts; else add the answer"),
        FindingKind("secret", "warning", "a key, token or password", "the token of an account in a log", "revoke it first, then remove it: `dspreview export --redact`"),
        FindingKind("pii", "warning", "personal data: an address, a number of a card or an account, a national number", "an e-mail address in a comment", "remove it: `dspreview export --redact`; or allow it, with the reason, in `[[allow]]` of dspreview.toml"),
        FindingKind("rule", "error", "rows break a rule of dspreview.toml", 'label in ["no", "yes"], and row 7 has "maybe"', "correct the rows, or the rule"),
        FindingKind("empty-split", "warning", "a split without rows", "a header and nothing else", "remove the split, or add rows"),
        FindingKind("null-column", "warning", "a column without any value", "every cell is null", "remove the column, or fill it"),
        FindingKind("constant-column", "info", "a column with one value in all rows", "version is 1 everywhere", "nothing, if this is intended"),
        FindingKind("duplicate-rows", "info", "rows of a split that are the same", "rows 3 and 17", "remove them, if this is not intended"),
        FindingKind("leakage", "warning", "the same row in two splits", "row 3 of test is row 17 of train", "remove it from one of them"),
        FindingKind("leakage-input", "warning", "the input of a row stands in another split, or in a dataset that must stay apart", "the text of row 3 of test is that of row 17 of train", "remove it from one of them"),
        FindingKind("label-conflict", "warning", "rows of a split with the same input have different labels", "one review, once positive and once negative", "decide for one label, or keep both on purpose"),
        FindingKind("near-duplicate", "warning", "texts that are nearly the same", "row 3 and row 17 differ in case and punctuation", "remove one of them"),
        FindingKind("large-row-group", "warning", "a Parquet row group too large to preview", "one of 2 GB", "write row groups of at most 300 MB, best of 100 MB"),
        FindingKind("viewer-limit", "warning", "more than the Hub's viewer shows", "more than 1,000 columns", "the data loads; the Hub's own pages will not show it"),
        FindingKind("croissant-missing", "error", "a Croissant document lacks what its specification or a venue asks for", "no license", "add it to the document, or to [croissant] of dspreview.toml and write it again with `dspreview croissant`"),
        FindingKind("croissant-differs", "error", "a Croissant document contradicts the data, or itself", "the sha256 of a file that has changed", "write it again with `dspreview croissant`, or correct it"),
        FindingKind("drift", "error", "the dataset differs from its lock file", "a class label was removed", "correct the data, or update the lock file with `dspreview lock`"),
    )
}  # fmt: skip


class Finding(NamedTuple):
    """One thing that is not in order, and the most exact place that is known."""

    code: str
    severity: str
    message: str
    remedy: str
    config: str | None = None
    split: str | None = None
    file: str | None = None
    line: int | None = None
    """From 1."""
    row: int | None = None
    """From 0, in the split."""
    column: str | None = None
    rows: tuple[int, ...] = ()
    """The first hundred rows that it is about, where there are several."""

    @property
    def place(self) -> str:
        """Where it is, in words."""
        where = "/".join(name for name in (self.config, self.split) if name is not None)
        file = f"{self.file}:{self.line}" if self.file and self.line else self.file or ""
        row = f"row {self.row}" if self.row is not None else ""
        column = f"column {self.column}" if self.column is not None else ""
        return ", ".join(word for word in (where, file, row, column) if word)


def found(code: str, message: str, *, severity: str | None = None, **place: Json) -> Finding:
    """A finding of a kind, at a place; as bad as its kind unless that is said otherwise."""
    kind = KINDS[code]
    return Finding(code, severity or kind.severity, message, kind.remedy, **place)


def at_least(findings: Iterable[Finding], severity: str) -> bool:
    """Whether one of the findings is that bad."""
    level = SEVERITIES.index(severity)
    return any(SEVERITIES.index(one.severity) >= level for one in findings)


def chosen(findings: Iterable[Finding], select: Collection[str], ignore: Collection[str]) -> list[Finding]:
    """The findings whose codes were asked for (all, where none was), without those that were not."""
    return [one for one in findings if (not select or one.code in select) and one.code not in ignore]


def codes(words: Iterable[str], where: str) -> frozenset[str]:
    """Codes as somebody wrote them, several with commas between them. Raises UsageError for one that does not exist."""
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    for name in names:
        if name not in KINDS:
            hint = did_you_mean(name, KINDS, f"; there are {', '.join(KINDS)}")
            raise UsageError(f"{where}: no finding has the code {name!r}{hint}")
    return frozenset(names)
