"""The verbs, one a line, and the usages: which verbs take which objects."""

from examples.phrasebook.german import Case
from examples.phrasebook.words import verb

BE = verb(
    "be being been",
    "sein ist ist gewesen",
    present="bin bist ist sind",
    preterite="war warst war waren",
)
HAVE = verb("have having had", "haben hat gehabt", preterite="hatte hattest hatte hatten")
LIKE = verb(
    "like liking liked",
    "mögen mag gemocht",
    present="mag magst mag mögen",
    preterite="mochte mochtest mochte mochten",
)
NEED = verb("need needing needed", "brauchen braucht gebraucht")
KNOW = verb("know knowing knew", "kennen kennt gekannt")
SEE = verb("see seeing saw", "sehen sieht gesehen")
DRIVE = verb("drive driving drove", "fahren fährt gefahren")
RIDE = verb("ride riding rode", "fahren fährt gefahren")
WATCH = verb("watch watching watched", "sehen sieht gesehen")
READ = verb("read reading read", "lesen liest gelesen")
WRITE = verb("write writing wrote", "schreiben schreibt geschrieben")
EAT = verb("eat eating ate", "essen isst gegessen")
DRINK = verb("drink drinking drank", "trinken trinkt getrunken")
BAKE = verb("bake baking baked", "backen backt gebacken")
BUY = verb("buy buying bought", "kaufen kauft gekauft")
SELL = verb("sell selling sold", "verkaufen verkauft verkauft")
LOOK_FOR = verb("look looking looked", "suchen sucht gesucht", particle="for")
FIND = verb("find finding found", "finden findet gefunden")
LOSE = verb("lose losing lost", "verlieren verliert verloren")
CLEAN = verb("clean cleaning cleaned", "putzen putzt geputzt")
WASH = verb("wash washing washed", "waschen wäscht gewaschen")
WEAR = verb("wear wearing wore", "tragen trägt getragen")
PUT_ON = verb("put putting put", "an|ziehen zieht angezogen", particle="on")
OPEN = verb("open opening opened", "öffnen öffnet geöffnet")
CLOSE = verb("close closing closed", "schließen schließt geschlossen")
TURN_ON = verb("turn turning turned", "an|machen macht angemacht", particle="on")
TURN_OFF = verb("turn turning turned", "aus|machen macht ausgemacht", particle="off")
LOOK_AT = verb("look looking looked", "an|sehen sieht angesehen", particle="at")
FEED = verb("feed feeding fed", "füttern füttert gefüttert")
VISIT = verb("visit visiting visited", "besuchen besucht besucht")
CALL = verb("call calling called", "an|rufen ruft angerufen")
INVITE = verb("invite inviting invited", "ein|laden lädt eingeladen")
PICK_UP = verb("pick picking picked", "ab|holen holt abgeholt", particle="up")
MEET = verb("meet meeting met", "treffen trifft getroffen")
HELP = verb("help helping helped", "helfen hilft geholfen", case=Case.DATIVE)
THANK = verb("thank thanking thanked", "danken dankt gedankt", case=Case.DATIVE)
WAIT_FOR = verb("wait waiting waited", "warten wartet gewartet", particle="for", preposition="auf")
BELONG = verb("belong belonging belonged", "gehören gehört gehört", particle="to", case=Case.DATIVE)
COST = verb("cost costing cost", "kosten kostet gekostet")
GIVE = verb("give giving gave", "geben gibt gegeben")
SHOW = verb("show showing showed", "zeigen zeigt gezeigt")
SEND = verb("send sending sent", "schicken schickt geschickt")
LEND = verb("lend lending lent", "leihen leiht geliehen")
SIT = verb("sit sitting sat", "sitzen sitzt gesessen")
STAND = verb("stand standing stood", "stehen steht gestanden")
LIE = verb("lie lying lay", "liegen liegt gelegen")
WAIT = verb("wait waiting waited", "warten wartet gewartet")
SLEEP = verb("sleep sleeping slept", "schlafen schläft geschlafen")
WORK = verb("work working worked", "arbeiten arbeitet gearbeitet")
SING = verb("sing singing sang", "singen singt gesungen")
DANCE = verb("dance dancing danced", "tanzen tanzt getanzt")
COOK = verb("cook cooking cooked", "kochen kocht gekocht")
STUDY = verb("study studying studied", "lernen lernt gelernt")
PLAY = verb("play playing played", "spielen spielt gespielt")
SWIM = verb("swim swimming swam", "schwimmen schwimmt ist geschwommen")
STAY = verb("stay staying stayed", "bleiben bleibt ist geblieben")
GO = verb("go going went", "gehen geht ist gegangen")
GET_UP = verb("get getting got", "auf|stehen steht ist aufgestanden", particle="up")
WAKE_UP = verb("wake waking woke", "auf|wachen wacht ist aufgewacht", particle="up")
COME_ALONG = verb("come coming came", "mit|kommen kommt ist mitgekommen", particle="along")
COME = verb("come coming came", "kommen kommt ist gekommen")
LEAVE = verb("leave leaving left", "ab|fahren fährt ist abgefahren")
ARRIVE = verb("arrive arriving arrived", "an|kommen kommt ist angekommen")
RAIN = verb("rain raining rained", "regnen regnet geregnet")
SNOW = verb("snow snowing snowed", "schneien schneit geschneit")
LOOK_FORWARD = verb(
    "look looking looked",
    "freuen freut gefreut",
    particle="forward to",
    preposition="auf",
    reflexive=True,
)
LEARN = verb("learn learning learned", "lernen lernt gelernt")
SPEAK = verb("speak speaking spoke", "sprechen spricht gesprochen")
LISTEN = verb("listen listening listened", "hören hört gehört", particle="to")
DO = verb("do doing did", "machen macht gemacht")
GO_AND_MAKE = verb("go going went", "machen macht gemacht")
HAVE_AND_MAKE = verb("have having had", "machen macht gemacht")
HAVE_A_MEAL = verb("have having had", "essen isst gegessen")
HAVE_BREAKFAST = verb("have having had", "frühstücken frühstückt gefrühstückt")
HAVE_A_PARTY = verb("have having had", "feiern feiert gefeiert")
