"""What the newsletter says in its own name, on pages and in mails, by language.

The consent text has a version. Whoever changes a consent text gives it a new version and keeps the old one: consent
records name it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CONSENT_VERSION = "2026-1"
"""The version that is shown now."""

CONSENT: Mapping[str, Mapping[str, str]] = {
    "2026-1": {
        "en": "I want to get the newsletter of the Mother Centers International Network by e-mail, about four times "
        "a year. My address is used for nothing else. I can leave at any time with one click.",
        "de": "Ich möchte den Newsletter des Internationalen Netzwerks der Mütterzentren per E-Mail erhalten, etwa "
        "viermal im Jahr. Meine Adresse wird für nichts anderes verwendet. Ich kann ihn jederzeit mit einem Klick "
        "abbestellen.",
        "cs": "Chci dostávat e-mailem zpravodaj Mezinárodní sítě mateřských center, asi čtyřikrát ročně. Moje adresa "
        "se nepoužije k ničemu jinému. Kdykoli se mohu odhlásit jedním kliknutím.",
        "sk": "Chcem dostávať e-mailom spravodaj Medzinárodnej siete materských centier, asi štyrikrát ročne. Moja "
        "adresa sa nepoužije na nič iné. Kedykoľvek sa môžem odhlásiť jedným kliknutím.",
        "nl": "Ik wil de nieuwsbrief van het internationale netwerk van moedercentra per e-mail ontvangen, ongeveer "
        "vier keer per jaar. Mijn adres wordt nergens anders voor gebruikt. Ik kan me altijd met één klik afmelden.",
        "it": "Desidero ricevere per e-mail la newsletter della rete internazionale dei centri delle madri, circa "
        "quattro volte all'anno. Il mio indirizzo non sarà usato per altro. Posso cancellarmi in ogni momento con un "
        "clic.",
        "fr": "Je souhaite recevoir par courriel la lettre d'information du réseau international des centres de mères, "
        "environ quatre fois par an. Mon adresse ne servira à rien d'autre. Je peux me désabonner à tout moment en un "
        "clic.",
        "ar": "أرغب في تلقي النشرة الإخبارية للشبكة الدولية لمراكز الأمهات عبر البريد الإلكتروني، نحو أربع مرات في "
        "السنة. لن يُستخدم عنواني لأي غرض آخر. يمكنني إلغاء الاشتراك في أي وقت بنقرة واحدة.",
    }
}

LANGUAGE_NAMES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "cs": "čeština",
    "sk": "slovenčina",
    "nl": "Nederlands",
    "it": "italiano",
    "fr": "français",
    "ar": "العربية",
    "bg": "български",
    "bs": "bosanski",
    "hu": "magyar",
    "pl": "polski",
    "ro": "română",
    "ru": "русский",
    "rw": "Ikinyarwanda",
    "sw": "Kiswahili",
    "tr": "Türkçe",
    "uk": "українська",
    "vi": "Tiếng Việt",
}
"""The languages a reader can choose, each by its own name. An issue that is not there in one comes in English."""


@dataclass(frozen=True)
class Words:
    """Every sentence in one language."""

    confirm_subject: str
    confirm_mail: str
    confirm_ignore: str
    confirm_title: str
    confirm_button: str
    confirmed_title: str
    confirmed_text: str
    leave_title: str
    leave_text: str
    leave_button: str
    left_title: str
    left_text: str
    gone_title: str
    gone_text: str
    unknown_title: str
    unknown_text: str
    language_title: str
    language_label: str
    language_button: str
    language_saved: str
    mail_why: str
    mail_leave: str
    mail_preferences: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        confirm_subject="Please confirm: newsletter of the Mother Centers",
        confirm_mail="Somebody, probably you, entered this address for the newsletter of the Mother Centers. To get "
        "it, open this page and press the button:",
        confirm_ignore="If it was not you, do nothing. Nothing will be sent, and after seven days the address is "
        "forgotten.",
        confirm_title="Confirm the newsletter",
        confirm_button="Yes, I want it",
        confirmed_title="Thank you",
        confirmed_text="You will get the next issue.",
        leave_title="Leave the newsletter",
        leave_text="Do you want to stop getting the newsletter? Your address will be deleted.",
        leave_button="Leave",
        left_title="You have left",
        left_text="You will get no more issues, and your address is deleted.",
        gone_title="This link is no longer valid",
        gone_text="It was not used in time, or the subscription has ended. The address can be entered again.",
        unknown_title="This link is not complete",
        unknown_text="Please copy the whole link from the mail.",
        language_title="Language of the newsletter",
        language_label="I want to read it in",
        language_button="Save",
        language_saved="Saved.",
        mail_why="You get this because you subscribed to the newsletter of the Mother Centers.",
        mail_leave="Leave the newsletter",
        mail_preferences="Choose another language",
    ),
    "de": Words(
        confirm_subject="Bitte bestätigen: Newsletter der Mütterzentren",
        confirm_mail="Jemand, wahrscheinlich Sie selbst, hat diese Adresse für den Newsletter der Mütterzentren "
        "eingetragen. Um ihn zu erhalten, öffnen Sie diese Seite und drücken Sie den Knopf:",
        confirm_ignore="Wenn Sie es nicht waren, tun Sie nichts. Es wird nichts geschickt, und nach sieben Tagen wird "
        "die Adresse vergessen.",
        confirm_title="Newsletter bestätigen",
        confirm_button="Ja, ich möchte ihn",
        confirmed_title="Danke",
        confirmed_text="Sie erhalten die nächste Ausgabe.",
        leave_title="Newsletter abbestellen",
        leave_text="Möchten Sie den Newsletter nicht mehr erhalten? Ihre Adresse wird gelöscht.",
        leave_button="Abbestellen",
        left_title="Sie sind abgemeldet",
        left_text="Sie erhalten keine weiteren Ausgaben, und Ihre Adresse ist gelöscht.",
        gone_title="Dieser Link gilt nicht mehr",
        gone_text="Er wurde nicht rechtzeitig benutzt, oder das Abonnement ist beendet. Die Adresse kann neu "
        "eingetragen werden.",
        unknown_title="Dieser Link ist nicht vollständig",
        unknown_text="Bitte kopieren Sie den ganzen Link aus der Mail.",
        language_title="Sprache des Newsletters",
        language_label="Ich möchte ihn lesen auf",
        language_button="Speichern",
        language_saved="Gespeichert.",
        mail_why="Sie erhalten diese Mail, weil Sie den Newsletter der Mütterzentren bestellt haben.",
        mail_leave="Newsletter abbestellen",
        mail_preferences="Andere Sprache wählen",
    ),
    "cs": Words(
        confirm_subject="Potvrďte prosím: zpravodaj mateřských center",
        confirm_mail="Někdo, pravděpodobně vy, zadal tuto adresu pro zpravodaj mateřských center. Chcete-li jej "
        "dostávat, otevřete tuto stránku a stiskněte tlačítko:",
        confirm_ignore="Pokud jste to nebyli vy, nedělejte nic. Nic nepošleme a po sedmi dnech adresu zapomeneme.",
        confirm_title="Potvrdit zpravodaj",
        confirm_button="Ano, chci jej",
        confirmed_title="Děkujeme",
        confirmed_text="Dostanete příští vydání.",
        leave_title="Odhlásit zpravodaj",
        leave_text="Nechcete už zpravodaj dostávat? Vaše adresa bude smazána.",
        leave_button="Odhlásit",
        left_title="Jste odhlášeni",
        left_text="Další vydání už nedostanete a vaše adresa je smazána.",
        gone_title="Tento odkaz už neplatí",
        gone_text="Nebyl použit včas, nebo odběr skončil. Adresu lze zadat znovu.",
        unknown_title="Tento odkaz není úplný",
        unknown_text="Zkopírujte prosím z e-mailu celý odkaz.",
        language_title="Jazyk zpravodaje",
        language_label="Chci jej číst v jazyce",
        language_button="Uložit",
        language_saved="Uloženo.",
        mail_why="Tento e-mail dostáváte, protože odebíráte zpravodaj mateřských center.",
        mail_leave="Odhlásit zpravodaj",
        mail_preferences="Zvolit jiný jazyk",
    ),
    "sk": Words(
        confirm_subject="Potvrďte prosím: spravodaj materských centier",
        confirm_mail="Niekto, pravdepodobne vy, zadal túto adresu pre spravodaj materských centier. Ak ho chcete "
        "dostávať, otvorte túto stránku a stlačte tlačidlo:",
        confirm_ignore="Ak ste to neboli vy, nerobte nič. Nič nepošleme a po siedmich dňoch adresu zabudneme.",
        confirm_title="Potvrdiť spravodaj",
        confirm_button="Áno, chcem ho",
        confirmed_title="Ďakujeme",
        confirmed_text="Dostanete nasledujúce vydanie.",
        leave_title="Odhlásiť spravodaj",
        leave_text="Nechcete už spravodaj dostávať? Vaša adresa bude vymazaná.",
        leave_button="Odhlásiť",
        left_title="Ste odhlásení",
        left_text="Ďalšie vydania už nedostanete a vaša adresa je vymazaná.",
        gone_title="Tento odkaz už neplatí",
        gone_text="Nebol použitý včas, alebo sa odber skončil. Adresu možno zadať znova.",
        unknown_title="Tento odkaz nie je úplný",
        unknown_text="Skopírujte prosím z e-mailu celý odkaz.",
        language_title="Jazyk spravodaja",
        language_label="Chcem ho čítať v jazyku",
        language_button="Uložiť",
        language_saved="Uložené.",
        mail_why="Tento e-mail dostávate, pretože odoberáte spravodaj materských centier.",
        mail_leave="Odhlásiť spravodaj",
        mail_preferences="Zvoliť iný jazyk",
    ),
    "nl": Words(
        confirm_subject="Bevestig a.u.b.: nieuwsbrief van de moedercentra",
        confirm_mail="Iemand, waarschijnlijk uzelf, heeft dit adres opgegeven voor de nieuwsbrief van de moedercentra. "
        "Open deze pagina en druk op de knop om hem te ontvangen:",
        confirm_ignore="Was u het niet, doe dan niets. Er wordt niets verstuurd en na zeven dagen wordt het adres "
        "vergeten.",
        confirm_title="Nieuwsbrief bevestigen",
        confirm_button="Ja, ik wil hem",
        confirmed_title="Dank u",
        confirmed_text="U ontvangt de volgende uitgave.",
        leave_title="Nieuwsbrief afmelden",
        leave_text="Wilt u de nieuwsbrief niet meer ontvangen? Uw adres wordt gewist.",
        leave_button="Afmelden",
        left_title="U bent afgemeld",
        left_text="U ontvangt geen uitgaven meer en uw adres is gewist.",
        gone_title="Deze link is niet meer geldig",
        gone_text="Hij is niet op tijd gebruikt, of het abonnement is beëindigd. Het adres kan opnieuw worden "
        "opgegeven.",
        unknown_title="Deze link is niet volledig",
        unknown_text="Kopieer de hele link uit de mail.",
        language_title="Taal van de nieuwsbrief",
        language_label="Ik wil hem lezen in het",
        language_button="Opslaan",
        language_saved="Opgeslagen.",
        mail_why="U ontvangt deze mail omdat u zich hebt aangemeld voor de nieuwsbrief van de moedercentra.",
        mail_leave="Nieuwsbrief afmelden",
        mail_preferences="Andere taal kiezen",
    ),
    "it": Words(
        confirm_subject="Conferma, per favore: newsletter dei centri delle madri",
        confirm_mail="Qualcuno, probabilmente tu, ha inserito questo indirizzo per la newsletter dei centri delle "
        "madri. Per riceverla apri questa pagina e premi il pulsante:",
        confirm_ignore="Se non sei stata tu, non fare nulla. Non sarà inviato nulla e dopo sette giorni l'indirizzo "
        "sarà dimenticato.",
        confirm_title="Conferma la newsletter",
        confirm_button="Sì, la voglio",
        confirmed_title="Grazie",
        confirmed_text="Riceverai il prossimo numero.",
        leave_title="Cancella la newsletter",
        leave_text="Non vuoi più ricevere la newsletter? Il tuo indirizzo sarà cancellato.",
        leave_button="Cancella",
        left_title="Iscrizione cancellata",
        left_text="Non riceverai altri numeri e il tuo indirizzo è stato cancellato.",
        gone_title="Questo link non è più valido",
        gone_text="Non è stato usato in tempo, o l'iscrizione è terminata. L'indirizzo può essere inserito di nuovo.",
        unknown_title="Questo link non è completo",
        unknown_text="Copia per favore l'intero link dal messaggio.",
        language_title="Lingua della newsletter",
        language_label="Voglio leggerla in",
        language_button="Salva",
        language_saved="Salvato.",
        mail_why="Ricevi questo messaggio perché sei iscritta alla newsletter dei centri delle madri.",
        mail_leave="Cancella la newsletter",
        mail_preferences="Scegli un'altra lingua",
    ),
    "fr": Words(
        confirm_subject="Merci de confirmer : lettre d'information des centres de mères",
        confirm_mail="Quelqu'un, sans doute vous, a saisi cette adresse pour la lettre d'information des centres de "
        "mères. Pour la recevoir, ouvrez cette page et appuyez sur le bouton :",
        confirm_ignore="Si ce n'était pas vous, ne faites rien. Rien ne sera envoyé, et l'adresse sera oubliée après "
        "sept jours.",
        confirm_title="Confirmer la lettre d'information",
        confirm_button="Oui, je la veux",
        confirmed_title="Merci",
        confirmed_text="Vous recevrez le prochain numéro.",
        leave_title="Se désabonner",
        leave_text="Vous ne voulez plus recevoir la lettre d'information ? Votre adresse sera effacée.",
        leave_button="Me désabonner",
        left_title="Vous êtes désabonnée",
        left_text="Vous ne recevrez plus de numéro et votre adresse est effacée.",
        gone_title="Ce lien n'est plus valable",
        gone_text="Il n'a pas été utilisé à temps, ou l'abonnement a pris fin. L'adresse peut être saisie à nouveau.",
        unknown_title="Ce lien n'est pas complet",
        unknown_text="Veuillez copier le lien entier depuis le courriel.",
        language_title="Langue de la lettre d'information",
        language_label="Je veux la lire en",
        language_button="Enregistrer",
        language_saved="Enregistré.",
        mail_why="Vous recevez ce courriel parce que vous êtes abonnée à la lettre d'information des centres de mères.",
        mail_leave="Se désabonner",
        mail_preferences="Choisir une autre langue",
    ),
    "ar": Words(
        confirm_subject="يرجى التأكيد: النشرة الإخبارية لمراكز الأمهات",
        confirm_mail="أدخل شخص ما، على الأرجح أنت، هذا العنوان للحصول على النشرة الإخبارية لمراكز الأمهات. لتلقيها، "
        "افتح هذه الصفحة واضغط على الزر:",
        confirm_ignore="إذا لم تكن أنت، فلا تفعل شيئًا. لن يُرسل أي شيء، وبعد سبعة أيام يُنسى العنوان.",
        confirm_title="تأكيد النشرة الإخبارية",
        confirm_button="نعم، أريدها",
        confirmed_title="شكرًا",
        confirmed_text="ستصلك النشرة القادمة.",
        leave_title="إلغاء الاشتراك في النشرة",
        leave_text="هل تريد التوقف عن تلقي النشرة؟ سيُحذف عنوانك.",
        leave_button="إلغاء الاشتراك",
        left_title="تم إلغاء الاشتراك",
        left_text="لن تصلك نشرات أخرى، وقد حُذف عنوانك.",
        gone_title="هذا الرابط لم يعد صالحًا",
        gone_text="لم يُستخدم في الوقت المناسب، أو انتهى الاشتراك. يمكن إدخال العنوان من جديد.",
        unknown_title="هذا الرابط غير كامل",
        unknown_text="يرجى نسخ الرابط كاملًا من الرسالة.",
        language_title="لغة النشرة",
        language_label="أريد قراءتها باللغة",
        language_button="حفظ",
        language_saved="تم الحفظ.",
        mail_why="تصلك هذه الرسالة لأنك مشترك في النشرة الإخبارية لمراكز الأمهات.",
        mail_leave="إلغاء الاشتراك",
        mail_preferences="اختيار لغة أخرى",
    ),
}
