"""Every hyperparameter this service knows, as data that parsing, warnings and docs come from."""

from training.additions import ADDITIONS
from training.built_in import BUILT_IN
from training.rows import Hyperparameter

HYPERPARAMETERS: dict[str, Hyperparameter] = {
    hyperparameter.name: hyperparameter for hyperparameter in (*BUILT_IN, *ADDITIONS)
}
