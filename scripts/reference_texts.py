"""Which 1,000 texts the local model is held to: made from templates, the same ones each time.

Each is of one kind, as texts are: most English prose, then questions, titles, code and logs, a few in other languages. They
are whole sentences, from three tokens to more than the 256 that the model reads.
"""

from __future__ import annotations

import random

COUNT = 1000
LONGEST = 220
"""Words."""
SHARES = (("prose", 0.55), ("question", 0.15), ("title", 0.1), ("code", 0.15), ("elsewhere", 0.05))

THINGS = (
    "river|kettle|spreadsheet|violin|glacier|passport|turbine|orchard|keyboard|lighthouse|microscope|ferry|carpet|invoice",
    "satellite|bakery|bridge|notebook|harvest|vaccine|tunnel|lantern|compiler|market|storm|library|bicycle|engine|garden",
    "harbour|contract|telescope|recipe|mountain|database|ladder|museum|battery|novel|signal|orchestra|border|pension",
)
PEOPLE = (
    "the engineer|my neighbour|a tired nurse|Doctor Okafor|our landlord|the youngest pupil|Ms. Lindqvist|a bus driver",
    "the committee|two botanists|an accountant|the night watchman|José|Fräulein Müller|the prime minister|nobody",
)
DEEDS = (
    "repaired|forgot about|measured|painted|borrowed|argued over|photographed|sold|insured|dreamt of|inspected|dismantled",
    "hid|praised|weighed|restored|ordered|lost|explained|tested|described|waited for|paid for|gave up",
)
PLACES = (
    "in Reykjavík|near the border|behind the school|at 40 °C|on the third floor|in a field hospital|outside Kraków",
    "by the old canal|in São Paulo|under the stairs|at sea|in room B-217|on Wednesday|before dawn|during the strike",
)
ELSEWHERE = (
    "Der Zug nach Köln hat heute vierzig Minuten Verspätung.",
    "La bibliothèque est fermée jusqu'à la fin du mois d'août.",
    "El gato duerme encima de la caja de herramientas.",
    "Książka leży na stole obok zimnej herbaty.",
    "O barco sai do porto às sete da manhã.",
    "Кошка спит на тёплой крыше сарая.",
    "猫が窓のそばで眠っている。",
    "我们明天早上坐火车去海边。",
    "القطة نائمة على السطح.",
    "बिल्ली छत पर सो रही है।",
    "고양이가 따뜻한 지붕 위에서 잔다.",
)


def texts() -> list[str]:
    """Give the texts, in one order for ever."""
    return [_text(random.Random(seed)) for seed in range(COUNT)]  # noqa: S311  # the same texts everywhere: the point


def _text(chance: random.Random) -> str:
    """Join sentences of one kind until the length drawn for this text is reached; short texts are the most."""
    kind, share = chance.random(), 0.0
    name = next(name for name, part in SHARES if (share := share + part) > kind)
    words = LONGEST ** (chance.random() ** 1.3)
    written: list[str] = []
    while sum(len(sentence.split()) for sentence in written) < words:
        written.append(_sentence(name, chance))
    return ("\n" if name == "code" else " ").join(written)


def _sentence(kind: str, chance: random.Random) -> str:
    def below(limit: int) -> int:
        # Not randrange(): only random() is promised to give the same for ever.
        return int(chance.random() * limit)

    def one(of: tuple[str, ...]) -> str:
        words = [word for line in of for word in line.split("|")]
        return words[below(len(words))]

    if kind == "elsewhere":
        return ELSEWHERE[below(len(ELSEWHERE))]
    thing, other, who, did, where = one(THINGS), one(THINGS), one(PEOPLE), one(DEEDS), one(PLACES)
    templates = {
        "prose": (
            f"{who.capitalize()} {did} the {thing} {where}.",
            f"{who.capitalize()} {did} a {thing}, but not the {other}; nobody {where} minded.",
            f"The {thing} weighs {below(900)}.{below(100):02} kg and costs € {below(90)},{below(1000):03}.",
            f"On {1 + below(28)}/{1 + below(12)}/19{below(100):02} the {thing} {where} was {below(100)} % {other}.",
            f'"I never {did} my {thing}!" said {who} — twice… {where}.',
            f"It was not the {thing} that {who} {did}, it was the {other} {where}, and everyone knew.",
            f"Since the {other} closed, a {thing} is hard to find {where} 🙂.",
        ),
        "question": (
            f"Why is the {thing} louder than the {other} {where}?",
            f"How do I keep a {thing} dry when {who} {did} the {other}?",
            f"Which {thing} should {who} buy {where}?",
            f"{who.capitalize()}'s {thing} isn't {did}; it's {where}, isn't it?",
        ),
        "title": (
            f"best {thing} for a small {other} 20{below(30):02}",
            f"{thing} {other} {where}",
            f"{thing.upper()}: A HISTORY OF THE {other.upper()}",
        ),
        "code": (
            f"def {thing}_{other}(x: int = {below(99)}) -> list[str]: return [str(i) for i in range(x)]",
            f"[{below(24):02}:{below(60):02}:{below(60):02}] WARN {thing}.{other}: retry {below(9)} of 9 failed",
            f"https://www.example.com/{thing}/{below(999)}?q={other}&page={below(20)} {thing}@example.org",
            f'{{"{thing}": {{"{other}": [{below(10)}, -{below(10)}.5e3, null, true]}}}}',
            f"- [x] {thing}: {did} by {who}",
            f"cp {thing}/{other}.txt ~/{where.split()[-1]} && make {other}  # {did}",
        ),
    }[kind]
    return templates[below(len(templates))]
