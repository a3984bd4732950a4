//! Words that a subject, a name of a sender or of a file may have, chosen to break a page.
//!
//! Invariant: a page that shows one of them has the same elements as with a harmless word.

/// One word: what it tries, and the word.
pub(crate) type Hostile = (&'static str, String);

/// All of them. None holds CR or LF: those cannot be in a header.
pub(crate) fn words() -> Vec<Hostile> {
    let fixed = [
        ("an element", "<b id=injected>見積書</b>"),
        ("a picture that runs", "<img src=x id=injected onerror=\"document.title='injected'\">"),
        ("a picture drawn", "<svg/onload=document.title='injected'><a href=javascript:1 id=injected>x</a></svg>"),
        ("the end of a script", "</script><script id=injected>document.title='injected'</script>"),
        ("the end of a title", "</title></head><body><h1 id=injected>件名</h1>"),
        (
            "the end of a field",
            "\"></textarea></select></form><form id=injected action=https://evil.example/><input name=x>",
        ),
        ("the end of a comment", "--><p id=injected>x</p><!--"),
        ("the end of a value", "\" onfocus=\"document.title='injected'\" autofocus tabindex=1 x=\""),
        ("the end of a value in single quotes", "' onmouseover='document.title=`injected`' x='"),
        ("all quotes", "\"'`“”「」『』&quot;&#39;&amp;&lt;"),
        ("an entity without an end", "&lt&gt&notit;&#x3c;script&#62;"),
        ("a template", "{{ 7 * 7 }}{% raw %}{{{x}}}${7*7}#{7*7}<%= 7*7 %>"),
        ("attributes of htmx", "<div id=injected hx-get=/ hx-trigger=load hx-swap=outerHTML></div>"),
        ("an address that runs", "javascript:document.title='injected'//"),
        ("a path", "../../../../etc/passwd"),
        ("a device of Windows", "CON.txt::$DATA"),
        ("a formula", "=HYPERLINK(\"https://evil.example/\",\"見積書\")"),
        ("the other direction", "見積書\u{202e}fdp.exe\u{202c}"),
        ("marks of direction that are not ended", "\u{2066}\u{2067}\u{202a}\u{202d}見積書"),
        ("control characters", "見\u{1}積\u{7}書\u{8}\u{b}\u{c}\u{1b}[31m\u{7f}\u{85}\u{9b}.pdf"),
        ("NUL", "見積書\0.pdf"),
        ("what cannot be seen", "見\u{200b}積\u{200d}書\u{feff}\u{ad}\u{2060}\u{3164}.pdf"),
        ("nothing but spaces", " \u{3000}\u{a0}\u{2003} "),
        ("what is no character", "\u{fffe}\u{ffff}\u{fdd0}\u{10ffff}\u{fffd}"),
        (
            "marks on marks",
            "Z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}\u{30b}\u{30c}",
        ),
        ("pictures as letters", "👨‍👩‍👧‍👦🏳️‍🌈🇯🇵😀.pdf"),
        ("variants of letters", "葛\u{e0100}城市\u{20bb7}野家辻\u{e0101}髙﨑"),
        ("ends of lines that are none", "一\u{2028}二\u{2029}三"),
    ];
    let mut words: Vec<Hostile> = fixed.into_iter().map(|(tries, word)| (tries, word.to_owned())).collect();
    words.push(("10,000 letters", "議".repeat(10_000)));
    words.push(("10,000 letters without a break", "A".repeat(10_000)));
    words.push(("10,000 elements", "<b>".repeat(10_000)));
    words
}
