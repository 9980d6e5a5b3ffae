"""Tokens in one spelling: ``text`` is the normalised word, ``lemma`` its script-free skeleton, offsets those of the text as typed."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.vocabulary.spelling import words
from nlu.fingerprint import tables_fingerprint

LONGEST_TEXT = 4096


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MoroccanTokenizer(Tokenizer):
    """Two stock CountVectorsFeaturizer pairs (use_lemma false and true) read its tokens."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        return tables_fingerprint()

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = message.get(attribute)[:LONGEST_TEXT]
        tokens = [
            # A word without consonants (a number, "oui") is its own key.
            Token(word.normal, word.start, word.end, lemma=word.skeleton or word.normal)
            for word in words(text)
        ]
        # A sticker's emoji or a lone "?" still is a message: featurizers need one token.
        return tokens or [Token("?", 0, max(len(text), 1), lemma="?")]
