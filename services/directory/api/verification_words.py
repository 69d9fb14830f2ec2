"""What the pages behind a verification link say, in the languages of the network's letters."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The texts of one language."""

    title: str
    ask: str
    name: str
    place: str
    languages: str
    services: str
    contact: str
    nothing: str
    button: str
    wrong: str
    thanks_title: str
    thanks: str
    done_title: str
    done: str
    unknown_title: str
    unknown: str


WORDS = {
    "en": Words(
        title="Is this still right?",
        ask="Once a year the directory asks every center. This is what it says about you:",
        name="Name: {}",
        place="Place: {}",
        languages="Languages: {}",
        services="On offer: {}",
        contact="Contact: {}",
        nothing="nothing yet",
        button="Yes, all of it is right",
        wrong="Is something wrong? Then do not press the button, but tell your coordinator, or suggest a correction.",
        thanks_title="Thank you",
        thanks="Your entry counts as confirmed from today on, for a year.",
        done_title="Already confirmed",
        done="Somebody has confirmed the entry since this letter was sent. There is nothing left to do.",
        unknown_title="This link is not valid",
        unknown="It may have been cut off on its way. Open it from the letter once more, or ask your coordinator.",
    ),
    "de": Words(
        title="Stimmt das noch?",
        ask="Einmal im Jahr fragt das Verzeichnis jedes Zentrum. Das steht dort über euch:",
        name="Name: {}",
        place="Ort: {}",
        languages="Sprachen: {}",
        services="Angebote: {}",
        contact="Kontakt: {}",
        nothing="noch nichts",
        button="Ja, das stimmt alles",
        wrong="Stimmt etwas nicht? Dann drückt nicht auf den Knopf, sondern sagt es eurer Koordination, oder schlagt "
        "eine Berichtigung vor.",
        thanks_title="Danke",
        thanks="Euer Eintrag gilt ab heute für ein Jahr als bestätigt.",
        done_title="Schon bestätigt",
        done="Seit dieser Brief verschickt wurde, hat jemand den Eintrag bestätigt. Es ist nichts mehr zu tun.",
        unknown_title="Dieser Link gilt nicht",
        unknown="Vielleicht wurde er unterwegs abgeschnitten. Öffnet ihn noch einmal aus dem Brief, oder fragt eure "
        "Koordination.",
    ),
    "cs": Words(
        title="Platí to ještě?",
        ask="Jednou za rok se adresář ptá každého centra. Toto o vás říká:",
        name="Název: {}",
        place="Místo: {}",
        languages="Jazyky: {}",
        services="Nabídka: {}",
        contact="Kontakt: {}",
        nothing="zatím nic",
        button="Ano, všechno platí",
        wrong="Není něco v pořádku? Pak tlačítko nemačkejte a řekněte to své koordinátorce, nebo navrhněte opravu.",
        thanks_title="Děkujeme",
        thanks="Váš záznam od dneška na rok platí za potvrzený.",
        done_title="Už potvrzeno",
        done="Od odeslání tohoto dopisu už záznam někdo potvrdil. Není třeba nic dělat.",
        unknown_title="Tento odkaz neplatí",
        unknown="Možná byl cestou zkrácen. Otevřete ho z dopisu ještě jednou, nebo se zeptejte své koordinátorky.",
    ),
}
