//! The session: one item in, facts out; orders in, rebuilt parts out.
//!
//! Refuses: frames out of turn, more or fewer bytes than announced, a second item. Invariant: a sanitizer that fails,
//! by an error or by a panic, costs its own part only.

use std::cell::RefCell;
use std::io::{self, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use sanitizer_api::{Assurance, Budget, Code, Finding, Hints, Rebuilt, Sanitizer, Step, Watch};
use sanitizer_japanese::Gaiji;
use sanitizer_protocol::{
    self as protocol, Failure, Found, Frame, FrameError, FromWorker, LinkFound, Order, Passwords, PlaceFound, Progress,
    Subject, ToWorker, Unit, VERSION, Way, WrittenHead, encode_bytes, encode_control, encode_end,
};
use sanitizer_text::passwords;
use sha2::{Digest, Sha256};

use crate::mapping::{self, Item, Source};
use crate::registry;
use crate::{gaiji, inline, tables};

/// Bytes asked of the pipe at once (a pipe holds 64 KiB), and bytes of answers gathered before they are written.
const PIECE: usize = 64 * 1024;

/// Why a session ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The gateway closed a pipe.
    #[error("the pipe to the gateway: {0}")]
    Pipe(#[from] io::Error),
    /// The gateway sent something that is no frame.
    #[error("the frames of the gateway: {0}")]
    Frame(#[from] FrameError),
    /// The gateway broke the order of the session.
    #[error("the gateway broke the protocol")]
    Protocol,
}

/// Serves one item. Returns at once if the gateway closes its end instead of sending one.
///
/// # Errors
/// See [`SessionError`]; the gateway learns of a broken protocol before that.
pub fn run(input: impl Read, output: impl Write) -> Result<(), SessionError> {
    let mut inbox = Inbox { reader: BufReader::with_capacity(PIECE, input) };
    let mut outbox = Outbox { writer: output, waiting: Vec::new(), unsearched: passwords::MAX_SEARCHED };
    let ended = session(&mut inbox, &mut outbox);
    if matches!(ended, Err(SessionError::Protocol | SessionError::Frame(_))) {
        outbox.say(&FromWorker::Failed(Failure::Protocol))?;
    }
    outbox.flush()?;
    ended
}

fn session(inbox: &mut Inbox<impl Read>, outbox: &mut Outbox<impl Write>) -> Result<(), SessionError> {
    outbox.say(&FromWorker::Ready { version: VERSION })?;
    outbox.flush()?;
    let Some(first) = inbox.next_frame()? else { return Ok(()) };
    let ToWorker::Inspect { subject, length, limits, settings, passwords } = first.message()? else {
        return Err(SessionError::Protocol);
    };
    let Some(bytes) = inbox.receive(length)? else {
        return outbox.say(&FromWorker::Failed(Failure::Limit { code: Code::TooLarge.as_str().to_owned() }));
    };
    let item = match inspect(&subject, &bytes, &limits, &passwords) {
        Ok(item) => item,
        Err(failure) => return outbox.say(&FromWorker::Failed(failure)),
    };
    let Item { mut found, sources } = item;
    let gaiji = Gaiji::new(&settings.gaiji);
    gaiji::in_inspected(gaiji, &mut found, &limits);
    outbox.say(&FromWorker::Inspected(Box::new(found)))?;
    outbox.flush()?;
    let Some(second) = inbox.next_frame()? else { return Ok(()) };
    let orders = match second.message()? {
        ToWorker::Rebuild { orders } => orders,
        ToWorker::Extract { path } => return outbox.extract(&path, &sources),
        ToWorker::Inspect { .. } => return Err(SessionError::Protocol),
    };
    let mut budget = Budget {
        output_bytes: limits.output_bytes,
        text_bytes: limits.text_bytes,
        html_bytes: limits.html_bytes,
        // A picture has its own limit, a document sets one for all of its pictures.
        samples: u64::MAX,
    };
    orders.into_iter().try_for_each(|order| {
        outbox.answer(order, &sources, &mut budget, |rebuilt, source, budget| {
            let rebuilt = gaiji::in_rebuilt(gaiji, rebuilt, &limits, budget);
            tables::encoded(settings.tables, rebuilt, source, budget).map_err(|error| error.code())
        })?;
        // Somebody may count the answers.
        outbox.flush()
    })
}

/// A parser that panics has met something that is not a mail or file as it should be.
fn inspect<'a>(
    subject: &Subject,
    bytes: &'a [u8],
    limits: &protocol::Limits,
    passwords: &Passwords,
) -> Result<Item<'a>, Failure> {
    catch_unwind(|| mapping::inspect_with(subject, bytes, limits, passwords)).unwrap_or(Err(Failure::Unreadable))
}

struct Inbox<R> {
    reader: BufReader<R>,
}

impl<R: Read> Inbox<R> {
    /// The next frame; `None` if the gateway closed its end between two frames.
    fn next_frame(&mut self) -> Result<Option<Frame>, SessionError> {
        let mut header = [0; protocol::HEADER];
        let (first, rest) = header.split_at_mut(1);
        if !self.read_first(first)? {
            return Ok(None);
        }
        self.reader.read_exact(rest)?;
        let (kind, length) = Frame::header(header)?;
        let mut payload = vec![0; length];
        self.reader.read_exact(&mut payload)?;
        Ok(Some(Frame::of(kind, payload)?))
    }

    fn read_first(&mut self, byte: &mut [u8]) -> Result<bool, SessionError> {
        loop {
            match self.reader.read(byte) {
                Ok(read) => return Ok(read > 0),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Exactly `length` bytes, held once; `None` if there is no memory for them.
    fn receive(&mut self, length: u64) -> Result<Option<Vec<u8>>, SessionError> {
        let mut bytes = Vec::new();
        let Ok(length) = usize::try_from(length) else { return Ok(None) };
        if bytes.try_reserve_exact(length).is_err() {
            return Ok(None);
        }
        loop {
            match self.next_frame()? {
                Some(Frame::Bytes(piece)) if piece.len() <= length.saturating_sub(bytes.len()) => {
                    bytes.extend_from_slice(&piece);
                }
                Some(Frame::End) if bytes.len() == length => return Ok(Some(bytes)),
                Some(Frame::Bytes(_) | Frame::End | Frame::Control(_)) | None => return Err(SessionError::Protocol),
            }
        }
    }
}

struct Outbox<W> {
    writer: W,
    waiting: Vec<u8>,
    /// Characters that may still be searched for passwords.
    unsearched: usize,
}

impl<W: Write> Outbox<W> {
    /// Gathers a message. One that fits no frame tells of more than an item within its limits can hold.
    fn say(&mut self, message: &FromWorker) -> Result<(), SessionError> {
        let length = self.waiting.len();
        if encode_control(message, &mut self.waiting).is_err() {
            self.waiting.truncate(length);
            let too_large = Failure::Limit { code: Code::TooLarge.as_str().to_owned() };
            encode_control(&FromWorker::Failed(too_large), &mut self.waiting)?;
        }
        Ok(())
    }

    /// Writes one part, or says why not.
    /// `finish` is the last hand on every part.
    fn answer(
        &mut self,
        order: Order,
        sources: &[Source<'_>],
        budget: &mut Budget,
        finish: impl Fn(Rebuilt, &[u8], &mut Budget) -> Result<Rebuilt, Code>,
    ) -> Result<(), SessionError> {
        let Some(source) = sources.iter().find(|source| source.path == order.path) else {
            return Err(SessionError::Protocol);
        };
        let Some(sanitizer) = registry::sanitizer(source.type_id, order.way) else {
            return self.refuse(order, Code::UnsupportedFormat);
        };
        let ended = self.watched(&order.path, |watch| write_anew(sanitizer, source, budget, watch));
        let (sanitizer, rebuilt) = match ended {
            Ok(rebuilt) if !is_blank(&rebuilt) => (sanitizer, rebuilt),
            // HTML that shows pictures only, or that cannot be read: its plain twin says what it says.
            ended => match (twin(source, sources, order.way, budget), ended) {
                (Some((sanitizer, twin)), Ok(blank)) => (sanitizer, told_of(twin, blank)),
                (Some(spoken), Err(_)) => spoken,
                (None, Ok(blank)) => (sanitizer, blank),
                (None, Err(code)) => return self.refuse(order, code),
            },
        };
        let mut rebuilt = match finish(rebuilt, &source.bytes, budget) {
            Ok(rebuilt) => rebuilt,
            Err(code) => return self.refuse(order, code),
        };
        if order.way == Way::Text && source.found.iter().all(|(code, _)| *code != Code::InlineFileExtracted) {
            rebuilt.bytes = inline::without_marks(rebuilt.bytes);
        }
        let candidates = candidates(order.way, &rebuilt, &mut self.unsearched);
        let head = head(&order, sanitizer, &rebuilt, candidates);
        let length = self.waiting.len();
        if encode_control(&FromWorker::Written(head), &mut self.waiting).is_err() {
            self.waiting.truncate(length);
            return self.refuse(order, Code::TooLarge);
        }
        self.send(&rebuilt.bytes)
    }

    /// Says how far `work` on a part is while it lasts.
    fn watched<T>(&mut self, path: &[u16], work: impl FnOnce(Watch<'_>) -> T) -> T {
        let teller = RefCell::new(Teller { path, left: Progress::MOST, outbox: self });
        work(Watch::new(&|step| teller.borrow_mut().tell(step)))
    }

    fn refuse(&mut self, order: Order, code: Code) -> Result<(), SessionError> {
        self.say(&FromWorker::Refused { path: order.path, way: order.way, code: code.as_str().to_owned() })
    }

    /// Hands out the bytes of one part; the gateway compares them with what was told of it.
    fn extract(&mut self, path: &[u16], sources: &[Source<'_>]) -> Result<(), SessionError> {
        match sources.iter().find(|source| source.path == path) {
            Some(source) => {
                self.say(&FromWorker::Extracted { length: u64::try_from(source.bytes.len()).unwrap_or(u64::MAX) })?;
                self.send(&source.bytes)
            }
            None => self.say(&FromWorker::NotExtracted),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        for piece in bytes.chunks(PIECE) {
            encode_bytes(piece, &mut self.waiting)?;
            if self.waiting.len() >= PIECE {
                self.flush()?;
            }
        }
        encode_end(&mut self.waiting);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SessionError> {
        self.writer.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }
}

/// Says how far an order is: no more often than the gateway bears, whatever the file makes a sanitizer say.
struct Teller<'a, W> {
    path: &'a [u16],
    left: u32,
    outbox: &'a mut Outbox<W>,
}

impl<W: Write> Teller<'_, W> {
    fn tell(&mut self, step: Step) {
        let counts = (u32::try_from(step.done), u32::try_from(step.total));
        let (Ok(done), Ok(total)) = counts else { return };
        if self.left == 0 || !Progress::is_told(done, total) {
            return;
        }
        self.left -= 1;
        let unit = match step.unit {
            sanitizer_api::Unit::Sheets => Unit::Sheets,
            sanitizer_api::Unit::Slides => Unit::Slides,
        };
        let progress = Progress { path: self.path.to_vec(), unit, done, total };
        // A gateway that is gone is met again by the answer.
        drop(self.outbox.say(&FromWorker::Progress(progress)).and_then(|()| self.outbox.flush()));
    }
}

/// A sanitizer that panics fails this part; what it had spent stays spent.
fn write_anew(
    sanitizer: &dyn Sanitizer,
    source: &Source<'_>,
    budget: &mut Budget,
    watch: Watch<'_>,
) -> Result<Rebuilt, Code> {
    let hints = Hints { charset: source.charset.as_deref(), flowed: source.flowed, watch };
    match catch_unwind(AssertUnwindSafe(|| sanitizer.sanitize(&source.bytes, hints, budget))) {
        Ok(Ok(rebuilt)) => Ok(told(rebuilt, &source.found)),
        Ok(Err(error)) => Err(error.code()),
        Err(_) => Err(Code::ConvertFailed),
    }
}

/// `rebuilt` with what was found before it was written.
fn told(mut rebuilt: Rebuilt, found: &[(Code, u32)]) -> Rebuilt {
    for (code, count) in found {
        match rebuilt.findings.iter_mut().find(|finding| finding.code == *code) {
            Some(known) => known.count = known.count.saturating_add(*count),
            None => rebuilt.findings.push(Finding { code: *code, count: *count }),
        }
    }
    rebuilt
}

/// What the plain twin of `source` says, if it has one that says anything.
fn twin(
    source: &Source<'_>,
    sources: &[Source<'_>],
    way: Way,
    budget: &mut Budget,
) -> Option<(&'static dyn Sanitizer, Rebuilt)> {
    let path = source.twin.as_ref().filter(|_| way == Way::Text)?;
    let twin = sources.iter().find(|source| source.path == *path)?;
    let sanitizer = registry::sanitizer(twin.type_id, way)?;
    let rebuilt = write_anew(sanitizer, twin, budget, Watch::default()).ok().filter(|rebuilt| !is_blank(rebuilt))?;
    Some((sanitizer, rebuilt))
}

fn is_blank(rebuilt: &Rebuilt) -> bool {
    rebuilt.bytes.iter().all(u8::is_ascii_whitespace)
}

/// `twin` with what was found in the `blank` body it speaks for.
fn told_of(twin: Rebuilt, blank: Rebuilt) -> Rebuilt {
    let findings = blank.findings.into_iter().chain(twin.findings).collect();
    Rebuilt { findings, ..twin }
}

fn head(order: &Order, sanitizer: &dyn Sanitizer, rebuilt: &Rebuilt, candidates: Vec<String>) -> WrittenHead {
    let found = |finding: &sanitizer_api::Finding| Found {
        code: finding.code.as_str().to_owned(),
        path: order.path.clone(),
        count: finding.count,
    };
    let link = |link: &sanitizer_api::Link| LinkFound {
        number: link.number,
        target: link.target.clone(),
        shown: link.shown.clone(),
    };
    let place = |place: &sanitizer_api::Place| PlaceFound {
        code: place.code.as_str().to_owned(),
        name: place.name.clone(),
        count: place.count,
    };
    WrittenHead {
        path: order.path.clone(),
        way: order.way,
        length: u64::try_from(rebuilt.bytes.len()).unwrap_or(u64::MAX),
        sha256: Sha256::digest(&rebuilt.bytes).into(),
        media_type: rebuilt.media_type.to_owned(),
        sanitizer: sanitizer.name().to_owned(),
        version: sanitizer.version(),
        assurance: match rebuilt.assurance {
            Assurance::Filtered => protocol::Assurance::Filtered,
            Assurance::Rebuilt => protocol::Assurance::Rebuilt,
        },
        findings: rebuilt.findings.iter().map(found).collect(),
        links: rebuilt.links.iter().map(link).collect(),
        places: rebuilt.places.iter().map(place).collect(),
        candidates,
    }
}

/// Passwords that a body seems to name; the text of a file is not searched.
fn candidates(way: Way, rebuilt: &Rebuilt, left: &mut usize) -> Vec<String> {
    let text = std::str::from_utf8(&rebuilt.bytes).ok().filter(|_| way == Way::Text);
    text.map(|text| passwords::candidates(text, left)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sanitizer_api::SanitizeError;
    use sanitizer_protocol::{Decoder, Limits, Settings};

    use super::*;

    const LIMITS: Limits = Limits {
        header_bytes: 65536,
        depth: 20,
        parts: 500,
        html_bytes: 1 << 20,
        text_bytes: 1 << 20,
        output_bytes: 1 << 20,
    };

    fn inspect(length: usize) -> ToWorker {
        let length = u64::try_from(length).unwrap();
        ToWorker::Inspect {
            subject: Subject::File { name: "a.txt".to_owned() },
            length,
            limits: LIMITS,
            settings: Settings::default(),
            passwords: Passwords::default(),
        }
    }

    fn asked(length: u64) -> ToWorker {
        let (settings, passwords) = (Settings::default(), Passwords::default());
        ToWorker::Inspect { subject: Subject::Mail, length, limits: LIMITS, settings, passwords }
    }

    fn rebuild(paths: &[&[u16]]) -> ToWorker {
        let order = |path: &&[u16]| Order { path: path.to_vec(), way: Way::Rebuild };
        ToWorker::Rebuild { orders: paths.iter().map(order).collect() }
    }

    fn item(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode_control(&inspect(bytes.len()), &mut out).unwrap();
        bytes.chunks(3).for_each(|piece| encode_bytes(piece, &mut out).unwrap());
        encode_end(&mut out);
        out
    }

    fn message(message: &ToWorker) -> Vec<u8> {
        let mut out = Vec::new();
        encode_control(message, &mut out).unwrap();
        out
    }

    /// Plays `input` to a session; returns how it ended and every frame it wrote after `Ready`.
    fn play(input: &[u8]) -> (Result<(), SessionError>, Vec<Frame>) {
        let mut output = Vec::new();
        let ended = run(input, &mut output);
        let mut decoder = Decoder::default();
        decoder.push(&output);
        let mut frames = Vec::new();
        while let Some(frame) = decoder.next_frame().unwrap() {
            frames.push(frame);
        }
        decoder.finish().unwrap();
        assert_eq!(frames.remove(0).message(), Ok(FromWorker::Ready { version: VERSION }));
        (ended, frames)
    }

    #[test]
    fn a_session_that_never_gets_an_item_ends_quietly() {
        let (ended, frames) = play(b"");
        assert!(ended.is_ok() && frames.is_empty());
    }

    #[test]
    fn a_file_is_told_of_and_written_anew_with_its_digest() {
        let (ended, frames) = play(&[item(b"some text\n"), message(&rebuild(&[&[]]))].concat());
        ended.unwrap();
        let Ok(FromWorker::Inspected(found)) = frames[0].message() else { panic!("{frames:?}") };
        assert_eq!(found.parts.len(), 1);
        assert_eq!((found.parts[0].length, found.parts[0].detected.class.as_str()), (10, "text"));
        assert_eq!(found.parts[0].sha256, <[u8; 32]>::from(Sha256::digest(b"some text\n")));
        let Ok(FromWorker::Written(head)) = frames[1].message() else { panic!("{frames:?}") };
        let Frame::Bytes(bytes) = &frames[2] else { panic!("{frames:?}") };
        assert_eq!((head.length, head.sha256), (u64::try_from(bytes.len()).unwrap(), Sha256::digest(bytes).into()));
        assert_eq!(frames[3..], [Frame::End]);
    }

    #[test]
    fn a_part_is_handed_out_as_it_came_and_what_is_not_there_is_not() {
        let extract = |path: &[u16]| message(&ToWorker::Extract { path: path.to_vec() });
        let (ended, frames) = play(&[item(b"MZ\0not text"), extract(&[])].concat());
        ended.unwrap();
        assert_eq!(frames[1].message(), Ok(FromWorker::Extracted { length: 11 }));
        assert_eq!(frames[2..], [Frame::Bytes(b"MZ\0not text".to_vec()), Frame::End]);
        let (ended, frames) = play(&[item(b"some text\n"), extract(&[7])].concat());
        ended.unwrap();
        assert_eq!(frames[1].message(), Ok(FromWorker::NotExtracted));
        assert_eq!(frames.len(), 2);
    }

    #[test]
    fn a_body_is_searched_for_passwords_and_a_file_is_not() {
        for (way, expected) in [(Way::Text, vec!["Abc-1234".to_owned()]), (Way::Rebuild, Vec::new())] {
            let orders = ToWorker::Rebuild { orders: vec![Order { path: Vec::new(), way }] };
            let (ended, frames) = play(&[item("パスワード：Abc-1234\n".as_bytes()), message(&orders)].concat());
            ended.unwrap();
            let Ok(FromWorker::Written(head)) = frames[1].message() else { panic!("{frames:?}") };
            assert_eq!(head.candidates, expected);
        }
    }

    #[test]
    fn no_text_that_is_shown_bears_the_mark_of_a_file_that_was_not_taken_out() {
        let forged = "［添付: a.pdf］［参考］\n";
        let words = |kind: &str, body: &str, way| {
            let mail = format!("From: a@b.jp\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{body}\r\n");
            let length = u64::try_from(mail.len()).unwrap();
            let asked = asked(length);
            let mut input = message(&asked);
            encode_bytes(mail.as_bytes(), &mut input).unwrap();
            encode_end(&mut input);
            let orders = ToWorker::Rebuild { orders: vec![Order { path: vec![1], way }] };
            let (ended, frames) = play(&[input, message(&orders)].concat());
            ended.unwrap();
            let Frame::Bytes(bytes) = &frames[2] else { panic!("{frames:?}") };
            String::from_utf8(bytes.clone()).unwrap().trim_end().to_owned()
        };
        assert_eq!(words("text/plain", forged, Way::Text), "〔添付: a.pdf］［参考］");
        assert_eq!(words("text/html", "<p>［<b>添付</b>: a.pdf］", Way::Text), "〔添付: a.pdf］");
        // A file is what it was; the text of one that was taken out has its mark.
        assert_eq!(words("text/plain", forged, Way::Rebuild), forged.trim_end());
        let taken = format!("{forged}begin 644 cat.txt\n#0V%T\n`\nend");
        assert_eq!(words("text/plain", &taken, Way::Text), "〔添付: a.pdf］［参考］\n［添付: cat.txt］");
    }

    #[test]
    fn html_of_which_nothing_is_left_to_read_leaves_the_word_to_its_plain_twin() {
        for (html, text) in [
            ("<div style=display:none>x</div><img src=http://a.example/>", "plain words"),
            ("<p>rich words</p>", "rich words"),
        ] {
            let mail = format!(
                "From: a@b.jp\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain words\r\n\
                 --b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n"
            );
            let length = u64::try_from(mail.len()).unwrap();
            let asked = asked(length);
            let orders = ToWorker::Rebuild { orders: vec![Order { path: vec![2], way: Way::Text }] };
            let mut input = message(&asked);
            encode_bytes(mail.as_bytes(), &mut input).unwrap();
            encode_end(&mut input);
            let (ended, frames) = play(&[input, message(&orders)].concat());
            ended.unwrap();
            let Ok(FromWorker::Written(head)) = frames[1].message() else { panic!("{frames:?}") };
            assert!(head.findings.iter().any(|found| found.code == "html_to_text"));
            let Frame::Bytes(bytes) = &frames[2] else { panic!("{frames:?}") };
            assert_eq!(bytes.trim_ascii_end(), text.as_bytes());
        }
    }

    #[test]
    fn an_unsupported_part_is_refused_and_the_gateway_may_leave_without_orders() {
        let program = item(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0");
        let (ended, frames) = play(&[program.clone(), message(&rebuild(&[&[]]))].concat());
        ended.unwrap();
        let Ok(FromWorker::Refused { code, .. }) = frames[1].message() else { panic!("{frames:?}") };
        assert_eq!(code, "unsupported_format");
        let (ended, frames) = play(&program);
        assert!(ended.is_ok() && frames.len() == 1);
    }

    #[test]
    fn a_gateway_that_breaks_the_protocol_is_told_so() {
        let longer = [message(&inspect(2)), item(b"abc").split_off(message(&inspect(3)).len())].concat();
        let shorter = [message(&inspect(4)), item(b"abc").split_off(message(&inspect(3)).len())].concat();
        let other_part = [item(b"abc"), message(&rebuild(&[&[7]]))].concat();
        let twice = [item(b"abc"), item(b"abc")].concat();
        for broken in [longer, shorter, other_part, twice, message(&rebuild(&[])), vec![9; 5]] {
            let (ended, frames) = play(&broken);
            assert!(matches!(ended, Err(SessionError::Protocol | SessionError::Frame(_))), "{ended:?}");
            assert_eq!(frames.last().unwrap().message(), Ok(FromWorker::Failed(Failure::Protocol)));
        }
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_is_an_error() {
        let (ended, _) = play(&item(b"abc")[..9]);
        assert!(matches!(ended, Err(SessionError::Pipe(_))), "{ended:?}");
    }

    #[test]
    fn a_length_that_no_memory_holds_is_a_limit_and_no_abort() {
        let ToWorker::Inspect { subject, limits, settings, passwords, .. } = inspect(0) else { unreachable!() };
        let (_, frames) = play(&message(&ToWorker::Inspect { subject, length: u64::MAX, limits, settings, passwords }));
        assert_eq!(
            frames[0].message(),
            Ok(FromWorker::Failed(Failure::Limit { code: Code::TooLarge.as_str().to_owned() }))
        );
    }

    struct Failing(Option<SanitizeError>);

    impl Sanitizer for Failing {
        fn name(&self) -> &'static str {
            "failing"
        }

        fn version(&self) -> u32 {
            1
        }

        fn sanitize(&self, _: &[u8], _: Hints<'_>, budget: &mut Budget) -> Result<Rebuilt, SanitizeError> {
            budget.spend_output(7)?;
            Err(self.0.expect("a sanitizer that panics"))
        }
    }

    #[test]
    fn a_sanitizer_that_fails_or_panics_costs_its_part_and_what_it_had_spent() {
        let source = Source {
            path: Vec::new(),
            type_id: "text",
            charset: None,
            flowed: None,
            bytes: Cow::Borrowed(b""),
            found: Vec::new(),
            twin: None,
        };
        for (error, code) in [
            (None, Code::ConvertFailed),
            (Some(SanitizeError::Malformed { expected: "text" }), Code::Corrupt),
            (Some(SanitizeError::LimitReached { what: "output" }), Code::TooLarge),
        ] {
            let mut budget = Budget { output_bytes: 10, ..Budget::generous() };
            assert_eq!(write_anew(&Failing(error), &source, &mut budget, Watch::default()), Err(code));
            assert_eq!(budget.output_bytes, 3);
        }
    }
}
