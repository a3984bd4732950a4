use super::*;

/// `spf=pass a.example | dkim=fail -`, and who says so; empty if the field is left out.
fn told(name: &'static str, value: &str) -> String {
    let text = format!("{name}: {value}\r\n");
    let fields = read(&Block::read(text.as_bytes()));
    let Some(field) = fields.first() else { return String::new() };
    let result =
        |one: &AuthenticationResult| format!("{}={} {}", one.method, one.result, one.domain.as_deref().unwrap_or("-"));
    let results: Vec<String> = field.results.iter().map(result).collect();
    format!("{}: {}", field.authserv_id, results.join(" | "))
}

fn results(value: &str) -> String {
    told("Authentication-Results", value)
}

#[test]
fn fields_of_common_relays_are_read() {
    for (value, expected) in [
        ("mx.example.jp; none", "mx.example.jp: "),
        ("mx.example.jp 1; none", "mx.example.jp: "),
        ("MX.Example.JP;", "mx.example.jp: "),
        (
            // Google
            "mx.google.com;\r\n       dkim=pass header.i=@a.example header.s=s1 header.b=\"AbC/+=\";\r\n       \
             spf=pass (google.com: domain of x@b.example designates 192.0.2.1 as permitted sender) \
             smtp.mailfrom=x@b.example;\r\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=a.example",
            "mx.google.com: dkim=pass a.example | spf=pass b.example | dmarc=pass a.example",
        ),
        (
            // OpenDMARC and OpenDKIM
            "mail.example.jp (amavisd-new); dkim=fail (2048-bit key) reason=\"fail (message has been altered)\" \
             header.d=a.example header.i=@b.example",
            "mail.example.jp: dkim=fail a.example",
        ),
        (
            // Exim
            "mx; iprev=pass (h) smtp.remote-ip=192.0.2.1; spf=softfail smtp.mailfrom=a.example; arc=none",
            "mx: spf=softfail a.example | arc=none -",
        ),
        // Other methods, and results that no list knows.
        (
            "mx; auth=pass smtp.auth=a@b; dmarc=bestguesspass action=none header.from=a.example; spf=PASS",
            "mx: spf=pass -",
        ),
        ("mx; spf=pass smtp.helo=h.example; spf=none smtp.mailfrom=<>", "mx: spf=pass h.example | spf=none -"),
        // RFC 8601 B.6 and B.7: comments, versions, blanks around everything.
        (
            "foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail \
             policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
            "foo.example.net: dkim=fail -",
        ),
        ("\"mx.example.jp\" ; spf = pass smtp . mailfrom = a.example", "mx.example.jp: spf=pass a.example"),
    ] {
        assert_eq!(results(value), expected, "{value}");
    }
}

#[test]
fn what_a_sender_chose_stays_where_the_relay_put_it() {
    for (value, expected) in [
        (
            "mx; spf=fail smtp.mailfrom=\"x; dmarc=pass header.from=city.example\"@evil.example",
            "mx: spf=fail evil.example",
        ),
        ("mx; spf=fail (x; dmarc=pass header.from=city.example) smtp.mailfrom=e.example", "mx: spf=fail e.example"),
        ("mx; spf=fail reason=\"a\\\"; dmarc=pass\" smtp.mailfrom=e.example", "mx: spf=fail e.example"),
        ("mx; spf=fail (a (b\\) ; dmarc=pass) c) smtp.helo=e.example", "mx: spf=fail e.example"),
        // Two domains in one result: neither.
        ("mx; dkim=pass header.d=e.example header.d=city.example", "mx: dkim=pass -"),
        ("mx; spf=pass smtp.mailfrom=a b.example", ""),
        ("mx; spf=pass smtp.mailfrom=a@日本.example", "mx: spf=pass -"),
        ("mx; dkim=pass header.d=-e.example", "mx: dkim=pass -"),
        ("mx; dkim=pass header.d=e.example.", "mx: dkim=pass e.example"),
    ] {
        assert_eq!(results(value), expected, "{value}");
    }
}

#[test]
fn a_field_that_does_not_read_whole_is_left_out_whole() {
    for value in [
        "",
        ";",
        "; spf=pass",
        "spf=pass smtp.mailfrom=a.example",
        "mx 2; spf=pass",
        "mx x; spf=pass",
        "mx; spf=pass (never closed; dmarc=fail",
        "mx; spf=pass smtp.mailfrom=\"never closed",
        "mx; spf=pass word",
        "mx; spf=pass smtp.mailfrom",
        "mx; spf=pass smtp.mailfrom=",
        "mx; spf",
        "mx; spf=",
        "mx; =pass",
        "mx; spf=pass, dkim=pass",
        "mx; spf=pass) dmarc=fail",
        "m x; spf=pass",
        "a_b!.example; spf=pass",
    ] {
        assert_eq!(results(value), "", "{value}");
    }
    let many = |count: usize| format!("mx{}", "; dkim=pass".repeat(count));
    assert_ne!(results(&many(MAX_RESULTS)), "");
    assert_eq!(results(&many(MAX_RESULTS + 1)), "");
    assert_eq!(results(&format!("mx; spf=pass ({})", "x".repeat(MAX_VALUE))), "");
}

#[test]
fn another_version_of_a_method_is_passed_over() {
    assert_eq!(results("mx; spf/2=pass; dkim/1=pass"), "mx: dkim=pass -");
}

#[test]
fn received_spf_is_told_by_its_receiver() {
    for (value, expected) in [
        (
            "Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; \
             envelope-from=a@b.example; receiver=mx.example.jp",
            "mx.example.jp: spf=pass b.example",
        ),
        (
            "softfail (mx: domain of transitioning x) client-ip=192.0.2.1 envelope-from=\"a@b.example\" receiver=mx;",
            "mx: spf=softfail b.example",
        ),
        ("fail identity=helo; helo=h.example; envelope-from=a@b.example; receiver=mx", "mx: spf=fail h.example"),
        ("pass (google.com: domain of a@b.example) client-ip=192.0.2.1;", ""),
        ("pass identity=mailfrom; receiver=<UNKNOWN>; receiver=mx", ""),
        ("pass (open; receiver=mx", ""),
        ("great receiver=mx", ""),
        ("pass", ""),
    ] {
        assert_eq!(told("Received-SPF", value), expected, "{value}");
    }
}

#[test]
fn arc_sets_are_read() {
    let name = "ARC-Authentication-Results";
    assert_eq!(told(name, "i=2; mx.example.jp; spf=pass; arc=pass (i=1)"), "mx.example.jp: spf=pass - | arc=pass -");
    for value in ["mx.example.jp; spf=pass", "i=x; mx; spf=pass", "i=1 mx; spf=pass", "i=; mx; spf=pass", "i=100; mx;"]
    {
        assert_eq!(told(name, value), "", "{value}");
    }
    let seal = |value| told("ARC-Seal", value);
    assert_eq!(
        seal("i=2; a=rsa-sha256; t=1; cv=Pass;\r\n\td=Relay.example; s=s1;\r\n b=AbC= dEf=="),
        "relay.example: arc=pass -"
    );
    for value in
        ["i=1; cv=pass; b=x", "i=1; d=a.example", "cv=pass; cv=fail; d=a.example", "cv=maybe; d=a.example", "cv"]
    {
        assert_eq!(seal(value), "", "{value}");
    }
}

#[test]
fn fields_are_told_newest_first_with_the_received_fields_above_them() {
    let text = b"Received: a\r\nAuthentication-Results: one; none\r\nReceived : b\r\nreceived: c\r\n\
        X-Received: d\r\nRECEIVED-SPF: pass receiver=two\r\nARC-Seal: broken\r\nARC-Seal: cv=none; d=three\r\n";
    let fields = read(&Block::read(text));
    let told: Vec<_> =
        fields.iter().map(|field| (field.authserv_id.as_str(), field.name, field.below_received)).collect();
    assert_eq!(told, [("one", AUTHENTICATION_RESULTS, 1), ("two", RECEIVED_SPF, 3), ("three", ARC_SEAL, 3)]);
    let many = "ARC-Seal: cv=none; d=a\r\n".repeat(MAX_FIELDS + 9);
    assert_eq!(read(&Block::read(many.as_bytes())).len(), MAX_FIELDS);
}

/// Whatever the bytes are: no panic, and only words of the lists.
fn holds(value: &[u8]) {
    for name in NAMES {
        let text = [name.as_bytes(), b": ", value, b"\r\n"].concat();
        for field in read(&Block::read(&text)) {
            assert!(NAMES.contains(&field.name) && field.results.len() <= MAX_RESULTS);
            assert_eq!(domain(field.authserv_id.as_bytes()).as_ref(), Some(&field.authserv_id));
            for one in field.results {
                assert!(METHODS.iter().any(|(method, _)| *method == one.method) && RESULTS.contains(&one.result));
                let said = one.domain.as_ref();
                assert_eq!(said.and_then(|text| domain(text.as_bytes())).as_ref(), said);
            }
        }
    }
}

#[test]
fn any_bytes_give_words_of_the_lists_or_nothing() {
    let seed = b"i=1; mx.example (c) 1; dkim/1=pass reason=\"a\\\"\" header . d=\"x\"@a.example; spf=fail smtp.helo=b receiver=mx";
    for end in 0..seed.len() {
        holds(&seed[..end]);
        for byte in [b'(', b')', b'"', b'\\', b';', b'=', b'.', b'/', b'@', b' ', 0, 0xFF] {
            let mut changed = seed.to_vec();
            changed[end] = byte;
            holds(&changed);
        }
    }
    let mut state = 1u64;
    for _ in 0..2_000 {
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let alphabet = b"mx;=./()\"\\@ <>dkimspf1pas\xE3\x00-_";
        let text: Vec<u8> = (0..noise() % 80).map(|_| alphabet[noise() % alphabet.len()]).collect();
        holds(&text);
    }
}
