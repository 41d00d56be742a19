"""A model in an ONNX file, ready to run: one thread, no operators but ONNX's own, and every refusal in words.

`onnxruntime` is an extra and loaded here alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.taggers.onnxfile import check_model_file
from soundscape.errors import TaggerError

_QUIET = 4
"""Only what is fatal is logged: everything else becomes an error of ours."""


class Session:
    """A checked model.

    Raises
    ------
    TaggerError
        If onnxruntime is not installed, or the file is no model that it can run.
    """

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise TaggerError(f"{path} needs onnxruntime", hint='pip install "soundscape[tagger]"') from error
        check_model_file(path)
        self.path = path
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        try:
            self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no common class
            raise TaggerError(f"the model {path} cannot be run: {_first_line(error)}",
                              hint="export it again, with operators of ONNX alone") from error  # fmt: skip
        self.inputs: dict[str, str] = {one.name: one.type for one in self._session.get_inputs()}
        self.ranks: dict[str, int] = {one.name: len(one.shape) for one in self._session.get_inputs()}
        self.outputs: list[str] = [one.name for one in self._session.get_outputs()]

    def output(self, name: str) -> str:
        """Name of the output to use: the first where none is named."""
        if name and name not in self.outputs:
            raise TaggerError(
                f"the model {self.path} has no output {name!r}", hint=f"it has: {', '.join(self.outputs)}"
            )
        return name or self.outputs[0]

    def run(self, output: str, values: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """One output for some inputs."""
        try:
            (result,) = self._session.run([output], dict(values))
            return np.asarray(result, np.float32)
        except Exception as error:
            shapes = ", ".join(f"{name} {value.shape}" for name, value in values.items())
            hint = "see that input, rate_hz and window_s are those it was made for"
            raise TaggerError(
                f"the model {self.path} does not take {shapes}: {_first_line(error)}", hint=hint
            ) from error


def _first_line(error: Exception) -> str:
    line = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    return line[:200]
