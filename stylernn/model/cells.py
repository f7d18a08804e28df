"""The recurrent cells by name: the registry that `config.ModelSettings.cell` chooses from.

A new cell is a module `cell_<name>.py` with a subclass of `cell_base.Cell`, an entry in `CELLS`,
and its name in `config.CELL_NAMES`. A program of your own calls `register` instead of the last two.
"""

from stylernn import config
from stylernn.model.cell_base import Cell
from stylernn.model.cell_gru import GRU
from stylernn.model.cell_lstm import LSTM

__all__ = ["CELLS", "register"]

CELLS: dict[str, Cell] = {"lstm": LSTM(), "gru": GRU()}
"""All cells by the names of `config.CELL_NAMES`."""


def register(name: str, cell: Cell) -> None:
    """Add a cell for as long as the process lives.

    Args:
        name: for `model.cell` in the settings. A model file keeps it, so the cell must be
            registered again before such a file is loaded.
        cell: what the name stands for.

    Raises:
        ValueError: if the name is taken.
    """
    if name in CELLS:
        raise ValueError(f"there is a recurrent cell {name!r} already")
    CELLS[name] = cell
    config.CELL_NAMES.append(name)
