"""Tokens in one spelling: ``text`` is the normalised word, ``lemma`` its script-free skeleton, offsets those of the text as typed."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.counting import counted, key
from nlu.fingerprint import tables_fingerprint


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MoroccanTokenizer(Tokenizer):
    """Two stock CountVectorsFeaturizer pairs (use_lemma false and true) can read its tokens."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return tables_fingerprint()

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = message.get(attribute)
        tokens = [Token(word.normal, word.start, word.end, lemma=key(word)) for word in counted(text)]
        # A sticker's emoji or a lone "?" still is a message: featurizers need one token.
        return tokens or [Token("?", 0, max(len(text), 1), lemma="?")]
