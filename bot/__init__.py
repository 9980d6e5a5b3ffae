"""Tadamon: the volunteering assistant of Casablanca-Settat."""
