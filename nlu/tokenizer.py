"""Tokens in one spelling: ``text`` is the normalised word, ``lemma`` its script-free skeleton, offsets those of the text as typed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.vocabulary.spelling import words
from nlu.fingerprint import tables_fingerprint

LONGEST_TEXT = 4096
MOST_OF_A_WORD = 3
MOST_WORDS = 150
"""What is counted of a long message: a hundred times the same word is no stronger wish than three times."""


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
        seen: Counter[str] = Counter()
        tokens: list[Token] = []
        for word in words(text):
            seen[word.normal] += 1
            if seen[word.normal] <= MOST_OF_A_WORD and len(tokens) < MOST_WORDS:
                # A word without consonants (a number, "oui") is its own key.
                tokens.append(Token(word.normal, word.start, word.end, lemma=word.skeleton or word.normal))
        # A sticker's emoji or a lone "?" still is a message: featurizers need one token.
        return tokens or [Token("?", 0, max(len(text), 1), lemma="?")]
