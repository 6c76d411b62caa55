"""Which 1,000 texts the local model is held to: made from templates, the same ones each time.

Each is of one kind: English prose mostly, then titles, code and logs, and a few sentences in other languages. No
pattern comes twice in a text. They run from five tokens to more than the 256 that the model reads, forty in the mean.
"""

from __future__ import annotations

import random

COUNT = 1000
LONGEST = 230
"""Words."""
SHORTER = 2
"""At 1, each order of magnitude would be as frequent as the next; above it, short texts are more so."""
SHARES = (("prose", 0.7), ("title", 0.12), ("code", 0.15), ("elsewhere", 0.03))

WORDS = {
    "thing": "river kettle spreadsheet violin glacier passport turbine orchard keyboard lighthouse microscope ferry "
    "carpet invoice satellite bakery bridge notebook harvest vaccine tunnel lantern compiler market storm library "
    "bicycle engine garden harbour contract telescope recipe mountain database ladder museum battery novel signal",
    "who": "the-engineer my-neighbour a-tired-nurse Doctor-Okafor our-landlord the-youngest-pupil Ms.-Lindqvist "
    "the-committee two-botanists an-accountant the-night-watchman José Fräulein-Müller the-prime-minister nobody",
    "did": "repaired measured painted borrowed photographed sold insured inspected dismantled hid praised weighed "
    "restored ordered lost explained tested described",
    "where": "in-Reykjavík near-the-border behind-the-school on-the-third-floor in-a-field-hospital outside-Kraków "
    "by-the-old-canal in-São-Paulo under-the-stairs at-sea in-room-B-217 on-Wednesday before-dawn during-the-strike",
    "how": "cheap quiet ancient reliable fragile enormous unpopular famous damp honest expensive simple",
}
TEMPLATES = {
    "prose": """{Who} {did} the {thing} {where}.
{Who} wanted a {how} {thing} and got a {other}, which is how most things go {where}.
The {thing} weighs {hundred}.{ten} kg, costs € {ten},{hundred} and is still {how}.
On {ten}/{ten}/19{hundred} rain fell on the {thing} for the first time in a year.
"I never {did} your {thing}!" shouted {who}, and the door closed.
It was not money that {who} cared about; it was being {how} enough to be believed.
Since the {thing} closed, you cannot find a {how} {other} anywhere {where} 🙂
Heat two litres of water, add the salt, and leave the {thing} alone for {ten} minutes.
Interest rates rose by {ten}.5 % while wages, as {who} pointed out, stood still.
Children under {ten} travel free if an adult carries the {thing}.
Before the operation the patient was told that the scar would be small and the {thing} {how}.
Our team lost 3:{ten} {where}, although {who} scored twice in the second half.
What remains of the old {thing} is a wall, a well and a {how} rumour.
Please return the signed {thing} by e-mail (office@example.org) no later than {where}.
The court held that a {thing} is not a {other} within the meaning of section {hundred}.
Light from that star left it when {who} was not yet born.
She learnt Portuguese from songs, and later from {who}.
If the battery is below {ten} %, the {thing} refuses to start and blinks red.
Migrating geese follow the coast, rest {where} and leave again after {ten} days.
Nobody remembers why the {how} {thing} was moved, least of all {who}.
In chapter {ten} the hero meets {who}; in chapter {hundred} they no longer speak.
The software update fixes a crash that {who} found when two people shared one {thing}.
Bees prefer the {how} side of the {thing}.
Why is the {thing} louder than the {other} {where}?
How do I keep a {thing} dry when it rains all week?
Which {how} {thing} should a beginner buy?
Can you tell {who} that the meeting is {where}?
Tickets are {how} but the seats, frankly, aren't worth it: two stars out of five.
I've had this {thing} for {ten} years and would buy it again tomorrow!
To reset the password, choose "Forgotten?", then follow the link {who} sends you.""",
    "title": """best {thing} for a small {other} 20{ten}
{thing} {other} {where}
A short history of the {how} {thing}
{thing} near me
Chapter {ten}: The {how} {other}
{Who} {did} {thing} ({hundred} votes)""",
    "code": """def {thing}_{other}(x: int = {ten}) -> list[str]: return [str(i) for i in range(x)]
[{ten}:{ten}:{ten}] WARN {thing}.{other}: retry {ten} of 9 failed
https://www.example.com/{thing}/{hundred}?q={other}&page={ten} {thing}@example.org
[{{"{thing}": {{"{other}": [{ten}, -{ten}.5e3, null, true]}}}}]
- [x] {thing}: {did} by {who}
cp {thing}/{other}.txt ~/{thing} && make {other}  # {how}
for (int i = 0; i < {hundred}; i++) {{ {thing}[i] += {other}(i) * 0.{ten}f; }}
Traceback: KeyError: '{thing}' at line {hundred}
<a href="/{thing}" class="{how}">{other}</a>""",
    "elsewhere": """Der Zug nach Köln hat heute vierzig Minuten Verspätung.
La bibliothèque est fermée jusqu'à la fin du mois d'août.
El gato duerme encima de la caja de herramientas.
Książka leży na stole obok zimnej herbaty.
O barco sai do porto às sete da manhã.
Кошка спит на тёплой крыше сарая.
猫が窓のそばで眠っている。
我们明天早上坐火车去海边。
القطة نائمة على السطح.
बिल्ली छत पर सो रही है।
고양이가 따뜻한 지붕 위에서 잔다.""",
}


def texts() -> list[str]:
    """Give the texts, in one order for ever."""
    return [_text(random.Random(seed)) for seed in range(COUNT)]  # noqa: S311  # the same texts everywhere: the point


def _text(chance: random.Random) -> str:
    """Join sentences of one kind until the length drawn for this text is reached, or no pattern is left."""
    drawn, share = chance.random(), 0.0
    kind = next(name for name, part in SHARES if (share := share + part) > drawn)
    words = LONGEST ** (chance.random() ** SHORTER) if kind != "elsewhere" else 1  # one text, one language
    patterns = TEMPLATES[kind].splitlines()
    written: list[str] = []
    while patterns and sum(len(sentence.split()) for sentence in written) < words:
        written.append(_filled(patterns.pop(_below(len(patterns), chance)), chance))
    return ("\n" if kind == "code" else " ").join(written)


def _filled(pattern: str, chance: random.Random) -> str:
    given = {name: _one(words.split(), chance) for name, words in WORDS.items()}
    given |= {"other": _one(WORDS["thing"].split(), chance), "Who": given["who"][0].upper() + given["who"][1:]}
    given |= {"ten": str(10 + _below(18, chance)), "hundred": str(30 + _below(70, chance))}
    return pattern.format(**given)


def _one(words: list[str], chance: random.Random) -> str:
    return words[_below(len(words), chance)].replace("-", " ")


def _below(limit: int, chance: random.Random) -> int:
    # Not randrange(): only random() is promised to give the same numbers for ever.
    return int(chance.random() * limit)
