"""Texts from harmless to hostile."""

from random import Random

WORDS = ("you", "are", "so", "good", "!")
"""Every model here translates these one by one, in any order."""
CANARY = "Kellergeheimnis"
"""Stands in many texts, and must not stand in any log."""
NASTY = (
    "",
    " ",
    "\x00",
    "\x00 \x85 \x1c \x1f",
    "</s>",
    "<s> <pad> <unk> </s> you",
    "\ud800",
    "you \udfff\ud800 good",
    "\ufffe\uffff",
    "\ufeffyou",
    "\u202eyou\u202c",
    "a" + "\u0300" * 60,
    "\U0010ffff",
    "\u1100\u1161\u11a8",
    "\ufdfa" * 8,
    "\u0130\u0131\u00df\u1e9e",
    "\u3000\u2028\u2029\u00a0",
    "\U0001f94a" * 12,
    "\r\n\t",
    '"\\/\b\f',
    "../../etc/passwd",
    "' OR 1=1 --",
    "${jndi:ldap://x}",
    "%00%ff%s%n",
    "nothing nothing",
    "you good. good you! good? " * 4,
    "\u4f60\u597d\u3002\u4f60\uff01\u597d\uff1f",
    "x" * 300,
    "you " * 70,
    CANARY,
)


def sentence(random: Random) -> str:
    """A few words that every model knows."""
    return " ".join(random.choices(WORDS, k=random.randint(1, 7)))


def text(random: Random) -> str:
    """Anything that a string can hold."""
    kind = random.random()
    if kind < 0.35:
        return sentence(random)
    if kind < 0.75:
        return random.choice(NASTY)
    if kind < 0.9:
        return "".join(map(chr, _code_points(random)))
    return f"{sentence(random)} {random.choice(NASTY)}{CANARY}{random.choice(NASTY)}"


def _code_points(random: Random) -> list[int]:
    largest = random.choice((0x7F, 0x250, 0x3000, 0xFFFF, 0x10FFFF))
    return [random.randint(0, largest) for _ in range(random.randint(0, 12))]
