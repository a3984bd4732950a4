//! Bodies whose lines flow (RFC 3676), HTML that alone says its charset, and text files in every charset.

use super::draft::{Charset, Draft, TEXT};
use super::{GUESSED, Variant};

pub(super) fn variants() -> Vec<Variant> {
    let mut drafts: Vec<Draft> = Charset::ALL.into_iter().flat_map(flowed).collect();
    drafts.extend(flowed_only());
    drafts.extend(Charset::ALL.into_iter().map(html));
    drafts.extend(Charset::ALL.into_iter().flat_map(files));
    drafts.into_iter().map(Draft::finish).collect()
}

fn flowing(name: &str, charset: Charset, parameters: &str, sent: &str, text: &str) -> Draft {
    let content_type = format!("text/plain; charset={}; {parameters}", charset.label());
    Draft::new(format!("flowed-{}-{name}", charset.short()))
        .content(Some(&content_type), charset.plain())
        .body(charset.encode(sent), text)
}

/// Soft lines in every charset: with `delsp`, as Japanese mailers write them, and without.
fn flowed(charset: Charset) -> Vec<Draft> {
    vec![
        flowing(
            "delsp",
            charset,
            "format=flowed; delsp=yes",
            "長い文を送るときは、行の終わりに空白を \n置いて次の行へ \n続けます。\n次の段落です。\n",
            "長い文を送るときは、行の終わりに空白を置いて次の行へ続けます。\n次の段落です。\n",
        ),
        flowing(
            "no-delsp",
            charset,
            "format=flowed",
            "The office 総務課 \nopens at nine.\n\n以上\n",
            "The office 総務課 opens at nine.\n\n以上\n",
        ),
    ]
}

fn flowed_only() -> Vec<Draft> {
    let utf8 =
        |name: &str, parameters: &str, sent: &str, text: &str| flowing(name, Charset::Utf8, parameters, sent, text);
    let delsp = "format=flowed; delsp=yes";
    vec![
        utf8(
            "quoted",
            delsp,
            "> 引用の一行目 \n> から続きます。\n>> 深い引用は \n> つながりません。\n返事です。\n",
            "> 引用の一行目から続きます。\n>> 深い引用は\n> つながりません。\n返事です。\n",
        ),
        utf8("quotes-without-blanks", delsp, ">引用 \n>です。\n>>深い\n", "> 引用です。\n>> 深い\n"),
        utf8("stuffed", delsp, " > 引用ではありません。\n From 駅\n", "> 引用ではありません。\nFrom 駅\n"),
        utf8("signature", delsp, "本文 \n-- \n総務課 \n柏木\n", "本文\n-- \n総務課柏木\n"),
        utf8("signature-quoted", delsp, "> 本文\n> -- \n> 柏木\n", "> 本文\n> -- \n> 柏木\n"),
        utf8("blank-kept", delsp, "office  \nhours\n", "office hours\n"),
        utf8("last-line-soft", delsp, "終わりの行も \n", "終わりの行も\n"),
        utf8("upper-case", "Format=\"Flowed\"; DelSp=\"YES\"", "総務 \n課\n", "総務課\n"),
        utf8("fixed", "format=fixed", "総務 \n課\n", "総務 \n課\n"),
    ]
}

/// A page that says its charset in itself only.
fn html(charset: Charset) -> Draft {
    let label = charset.label();
    let page = format!(
        "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset={label}\"></head>\
         <body><p>工程表と予定表をお送りします。</p></body></html>\n"
    );
    Draft::new(format!("html-meta-{}", charset.short()))
        .content(Some("text/html"), charset.plain())
        .body(charset.encode(&page), "工程表と予定表をお送りします。")
        .told_or_not()
}

/// The same text as a file: under its label, under none, and under one that is wrong.
fn files(charset: Charset) -> Vec<Draft> {
    let wrong = if charset == Charset::Utf8 { "Shift_JIS" } else { "UTF-8" };
    let labels = [("labelled", Some(charset.label())), ("no-label", None), ("wrong", Some(wrong))];
    let made = |(name, label): (&str, Option<&str>)| {
        let parameter = label.map(|label| format!("; charset={label}")).unwrap_or_default();
        let headers = format!("Content-Type: text/plain{parameter}; name=a.txt\nContent-Disposition: attachment");
        let told: &[&'static str] = if label == Some(charset.label()) { &[] } else { &[GUESSED] };
        Draft::new(format!("file-{}-{name}", charset.short()))
            .file_of(headers.as_bytes(), "a.txt", &charset.encode(TEXT), TEXT)
            .told(told)
    };
    labels.into_iter().map(made).collect()
}
