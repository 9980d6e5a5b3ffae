"""How well messages are understood: ``python -m nlu.evaluation``, on sentences written apart from the training data."""
