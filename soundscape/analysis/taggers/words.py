"""Words as a point among sounds: the text tower of a model whose embeddings of sounds and of words can be compared.

As in CLAP (Elizalde and others, "CLAP: learning audio concepts from natural language supervision", ICASSP 2023).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.taggers.described import Described, TextTower, read_text
from soundscape.analysis.taggers.session import Session
from soundscape.errors import TaggerError

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
KINDS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}


def embedding_of(text: str, described: Described) -> NDArray[np.float32]:
    """Where words stand among sounds: (n_columns,) float32 of length 1.

    Raises
    ------
    TaggerError
        If the model reads no words, or its text tower or its tokenizer cannot be used.
    """
    tower = described.words
    if tower is None:
        raise TaggerError(
            f"{described.path} reads no words", hint="a model such as CLAP does; see [words] in the README"
        )
    session = Session(tower.model)
    if unknown := [name for name in session.inputs if name not in INPUTS or session.inputs[name] not in KINDS]:
        raise TaggerError(f"the text model {tower.model} takes {unknown[0]}, {session.inputs[unknown[0]]}",
                          hint=f"it may take {', '.join(INPUTS)}, as whole numbers")  # fmt: skip
    ids, mask = _tokens(text, tower)
    values = {"input_ids": ids, "attention_mask": mask, "token_type_ids": [0] * len(ids)}
    given = {name: np.array([values[name]], KINDS[kind]) for name, kind in session.inputs.items()}
    out = np.squeeze(session.run(session.output(tower.output_name), given))
    length = float(np.linalg.norm(out))
    if out.ndim != 1 or not np.isfinite(length) or length == 0.0:
        raise TaggerError(f"the text model {tower.model} gives {out.shape} values, no direction",
                          hint="name the output with one vector for a text as words.output_name")  # fmt: skip
    return np.asarray(out / length, np.float32)


def _tokens(text: str, tower: TextTower) -> tuple[list[int], list[int]]:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise TaggerError("search by words needs tokenizers", hint='pip install "soundscape[tagger]"') from error
    content = read_text(Path(tower.tokenizer), "tokenizer")
    try:
        tokenizer = Tokenizer.from_str(content)
    except Exception as error:  # its errors have no class of their own
        raise TaggerError(f"{tower.tokenizer} is no tokenizer: {error}", hint="name a tokenizer.json") from error
    if tower.length:
        tokenizer.enable_truncation(tower.length)
        padding = tokenizer.padding or {}
        tokenizer.enable_padding(length=tower.length, pad_id=padding.get("pad_id", 0),
                                 pad_token=padding.get("pad_token", "[PAD]"))  # fmt: skip
    encoded = tokenizer.encode(text)
    if not any(encoded.attention_mask):
        raise TaggerError(f"no word of {text!r} is one for {tower.tokenizer}", hint="write it in the model's language")
    return list(encoded.ids), list(encoded.attention_mask)
