"""A small linear classifier of texts: TF-IDF of several views of a text, a linear SVM, calibrated. Knows no Rasa.

docs/evaluation.md compares it with Rasa's stock classifiers on sentences not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

Floats = NDArray[np.floating[Any]]

_C = 0.5
"""Regularisation; docs/evaluation.md has the neighbours."""
_FOLDS = 4
_COUNTED = {"sublinear_tf": True, "dtype": np.float32, "lowercase": False}


def views_of_wishes() -> list[TfidfVectorizer]:
    """Four views of a sentence given in two spellings (nlu.counting): words and pairs of words, and the letters in them, of its
    normalised words and again of its skeletons, which Arabic and Latin letters share."""
    views = []
    for spelling, longest in ((0, 5), (1, 4)):
        views += [
            TfidfVectorizer(preprocessor=itemgetter(spelling), token_pattern=r"\S+", ngram_range=(1, 2), **_COUNTED),
            TfidfVectorizer(preprocessor=itemgetter(spelling), analyzer="char_wb", ngram_range=(2, longest), min_df=2, **_COUNTED),
        ]
    return views


def views_of_spelling() -> list[TfidfVectorizer]:
    """One view of a text: the letters of its words, up to four in a row."""
    return [TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), **_COUNTED)]


class LinearModel:
    """Fit it once; then it ranks labels for one text in about two milliseconds."""

    def __init__(self, views: list[TfidfVectorizer]) -> None:
        self._views = views
        self.labels: list[str] = []
        self._weights: Floats = np.zeros((0, 0), np.float32)
        self._bias: Floats = np.zeros(0, np.float32)
        self._temperature = 1.0

    def fit(self, texts: Sequence[Any], labels: Sequence[str]) -> LinearModel:
        """Learn from texts, each as the views read it. Raises ValueError where there are fewer than two labels."""
        counts = csr_matrix(hstack([view.fit_transform(texts) for view in self._views]))
        wanted = np.asarray(labels)
        self.labels = [str(label) for label in np.unique(wanted)]
        weights, self._bias = _fitted(counts, wanted)
        self._weights = np.ascontiguousarray(weights, np.float32)
        self._temperature = _temperature(counts, wanted)
        return self

    def confidences(self, texts: Sequence[Any]) -> Floats:
        """Shape (texts, labels), in the order of :attr:`labels`; each row adds up to 1."""
        counts = csr_matrix(hstack([view.transform(texts) for view in self._views]))
        return _softmax((counts @ self._weights + self._bias) / self._temperature)

    def ranking(self, text: Any) -> list[tuple[str, float]]:
        """All labels with their confidence, the surest first."""
        [confidences] = self.confidences([text])
        return sorted(zip(self.labels, map(float, confidences), strict=True), key=lambda pair: -pair[1])


def _fitted(counts: csr_matrix, wanted: NDArray[np.str_]) -> tuple[Floats, Floats]:
    """Weights, of shape (features, labels), and bias, of a machine for each label."""
    machine = LinearSVC(C=_C, class_weight="balanced", random_state=0).fit(counts, wanted)
    weights, bias = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # scikit-learn keeps one row for two labels
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return weights.T, bias


def _softmax(scores: Floats) -> Floats:
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def _temperature(counts: csr_matrix, wanted: NDArray[np.str_]) -> float:
    """The divisor of the scores that makes confidences true on texts the machine was not fitted to.

    Guo et al. 2017, "On Calibration of Modern Neural Networks": one number, which never changes who is first.
    """
    _, right, frequencies = np.unique(wanted, return_inverse=True, return_counts=True)
    if frequencies.min() < _FOLDS:
        return 1.0
    # One part left out is enough for one number, and spares the fits of the others.
    fitted, unseen = next(StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(counts, wanted))
    weights, bias = _fitted(counts[fitted], wanted[fitted])
    scores = counts[unseen] @ weights + bias

    def surprise(log_temperature: float) -> float:
        confidences = _softmax(scores / np.exp(log_temperature))
        return float(-np.log(confidences[np.arange(len(unseen)), right[unseen]] + 1e-12).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-4, 2), method="bounded").x))
