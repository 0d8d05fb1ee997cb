"""The names of the writing systems that a corpus may be asked to be in."""

_RECOMMENDED = (
    "Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati "
    "Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar "
    "Oriya Sinhala Tamil Telugu Thaana Thai Tibetan"
)
_OF_LIMITED_USE = (
    "Adlam Balinese Bamum Batak Canadian_Aboriginal Chakma Cham Cherokee Hanifi_Rohingya "
    "Javanese Kayah_Li Lepcha Limbu Lisu Mandaic Meetei_Mayek Miao New_Tai_Lue Newa Nko "
    "Nyiakeng_Puachue_Hmong Ol_Chiki Osage Saurashtra Sundanese Syloti_Nagri Syriac Tai_Le "
    "Tai_Tham Tai_Viet Tifinagh Vai Wancho Yi"
)
SCRIPTS = frozenset(f"{_RECOMMENDED} {_OF_LIMITED_USE}".split())
"""Values of the Unicode property Script that people write in today, as Unicode's annex 31 lists
them: those recommended for everyday use and those of limited use."""
