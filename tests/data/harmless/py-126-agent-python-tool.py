import contextlib
import io
import traceback

import numpy as np
import pandas as pd

NAMES = {"pd": pd, "np": np}


def run_python(code: str, table: pd.DataFrame) -> str:
    """Executes code in which `df` is the table; gives back what it prints, or the error's last line."""
    out = io.StringIO()
    scope = {**NAMES, "df": table.copy()}
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(code, "<tool>", "exec"), scope)
    except Exception:
        return traceback.format_exc(limit=1).strip().splitlines()[-1]
    return out.getvalue()[:4000] or "(printed nothing)"
