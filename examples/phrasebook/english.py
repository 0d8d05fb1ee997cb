"""How English inflects: articles, plurals, third persons; it holds no vocabulary."""

_ARTICLE_BY_SOUND = {"hour": "an", "honest": "an", "university": "a", "uniform": "a", "useful": "a"}
_HISSING = ("s", "x", "ch", "sh", "z")


def indefinite_article(following: str) -> str:
    word = following.partition(" ")[0]
    return _ARTICLE_BY_SOUND.get(word, "an" if word[0] in "aeiou" else "a")


def plural_noun(singular: str) -> str:
    return _with_s(singular)


def third_person(verb: str) -> str:
    if verb == "have":
        return "has"
    return verb + "es" if verb.endswith("o") else _with_s(verb)


def _with_s(word: str) -> str:
    if word.endswith(_HISSING):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
