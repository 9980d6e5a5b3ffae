"""Certificates as documents: their numbers, and the page. Pure: what is certified comes from bot.services.certificates."""

from bot.certificates.page import Content, document_register, is_printable, printable, render

__all__ = ["Content", "document_register", "is_printable", "printable", "render"]
