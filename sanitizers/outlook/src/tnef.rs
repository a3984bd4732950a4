//! `winmail.dat`: a message as a stream of attributes ([MS-OXTNEF]).
//!
//! Refuses: streams without the signature. Invariant: a stream that is cut is read as far as it goes, its last
//! attachment as absent; an attribute whose checksum is wrong is read like every other, as Outlook does.

use std::borrow::Cow;

use crate::bytes::Reader;
use crate::message::{self, Recipient};
use crate::properties::{BINARY, OBJECT, Properties, STRING8, UNICODE};
use crate::{Allowance, Attachment, Content, Message, Unreadable};

const SIGNATURE: u32 = 0x223E_9F78;
/// The interface of an embedded message: IID_IMessage.
const IS_MESSAGE: &[u8] = b"\x07\x03\x02\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46";
/// Values of one property, and properties of one list.
const MAX_VALUES: u32 = 100_000;
/// Recipients looked at.
const MAX_RECIPIENTS: u32 = 500;

/// An attachment as it is read: attributes come one by one.
#[derive(Default)]
struct Enclosure<'a> {
    title: Option<&'a [u8]>,
    bytes: Option<&'a [u8]>,
    properties: Option<Properties<'a>>,
}

pub(crate) fn read(bytes: &[u8], allowance: &mut Allowance) -> Result<Message, Unreadable> {
    if allowance.depth == 0 {
        return Err(Unreadable::TooDeep);
    }
    let mut reader = Reader::new(bytes);
    if reader.u32()? != SIGNATURE {
        return Err(Unreadable::Malformed);
    }
    let _key = reader.u16()?;
    let mut message = Properties::default();
    let mut recipients = Vec::new();
    let mut enclosures: Vec<Enclosure<'_>> = Vec::new();
    while let Ok((id, data)) = attribute(&mut reader) {
        match id {
            // The code page of everything that has none of its own.
            0x0006_9007 => message.outer_code_page = Reader::new(data).u32().ok(),
            0x0006_9003 => {
                list(&mut Reader::new(data), &mut message);
            }
            0x0006_9004 => recipients = self::recipients(data, message.outer_code_page)?,
            0x0001_8004 => message.insert(0x0037, STRING8, data.into()),
            0x0002_800C => message.insert(0x1000, STRING8, data.into()),
            0x0006_9002 => {
                allowance.spend_part()?;
                enclosures.push(Enclosure::default());
            }
            _ => enclosure(id, data, message.outer_code_page, enclosures.last_mut()),
        }
    }
    let code_page = message.code_page(0x3FFD);
    let attachments: Result<Vec<_>, _> =
        enclosures.into_iter().map(|enclosure| enclosure.finish(code_page, allowance)).collect();
    message::assemble(message, recipients, attachments?, allowance)
}

fn attribute<'a>(reader: &mut Reader<'a>) -> Result<(u32, &'a [u8]), Unreadable> {
    let _level = reader.u8()?;
    let id = reader.u32()?;
    let length = reader.u32()?;
    let data = reader.take_u32(length)?;
    let _checksum = reader.u16();
    Ok((id, data))
}

fn enclosure<'a>(id: u32, data: &'a [u8], code_page: Option<u32>, last: Option<&mut Enclosure<'a>>) {
    let Some(last) = last else { return };
    match id {
        0x0001_8010 => last.title = Some(data),
        0x0006_800F => last.bytes = Some(data),
        0x0006_9005 => {
            let mut properties = Properties::within(code_page);
            list(&mut Reader::new(data), &mut properties);
            last.properties = Some(properties);
        }
        _ => {}
    }
}

impl Enclosure<'_> {
    fn finish(self, code_page: Option<u32>, allowance: &mut Allowance) -> Result<Attachment, Unreadable> {
        let mut properties = self.properties.unwrap_or_default();
        properties.outer_code_page = code_page;
        if let Some(title) = self.title {
            properties.insert(0x3704, STRING8, title.into());
        }
        let is_message = properties.kind(0x3701) == Some(OBJECT);
        let object = properties.take_binary(0x3701);
        let content = match (object, self.bytes.map(Cow::Borrowed)) {
            (Some(object), _) if is_message => match object.strip_prefix(IS_MESSAGE) {
                Some(stream) => match allowance.deeper(|allowance| read(stream, allowance)) {
                    Ok(message) => Content::Message(Box::new(message)),
                    Err(why) => Content::Closed(why),
                },
                None => Content::Absent,
            },
            (_, Some(bytes)) | (Some(bytes), None) => {
                allowance.spend_bytes(bytes.len())?;
                Content::File(bytes.into_owned())
            }
            (None, None) => Content::Absent,
        };
        Ok(message::attachment(&properties, content))
    }
}

fn recipients(data: &[u8], code_page: Option<u32>) -> Result<Vec<Recipient>, Unreadable> {
    let mut reader = Reader::new(data);
    let rows = reader.u32()?.min(MAX_RECIPIENTS);
    let mut recipients = Vec::new();
    for _ in 0..rows {
        let mut properties = Properties::within(code_page);
        if !list(&mut reader, &mut properties) {
            break;
        }
        recipients.push(message::recipient(&properties));
    }
    Ok(recipients)
}

/// Reads a list of properties as far as it goes; true if it was whole.
fn list<'a>(reader: &mut Reader<'a>, into: &mut Properties<'a>) -> bool {
    let Ok(count) = reader.u32() else { return false };
    for _ in 0..count.min(MAX_VALUES) {
        match property(reader) {
            Ok((id, kind, bytes)) => into.insert(id, kind, bytes.into()),
            Err(_) => return false,
        }
    }
    count <= MAX_VALUES
}

/// Number, type and first value of a property ([MS-OXTNEF] 2.1.3.4).
fn property<'a>(reader: &mut Reader<'a>) -> Result<(u16, u16, &'a [u8]), Unreadable> {
    let (kind, id) = (reader.u16()?, reader.u16()?);
    if id >= 0x8000 {
        reader.take(16)?;
        if reader.u32()? == 0 {
            reader.take(4)?;
        } else {
            let length = reader.u32()?;
            padded(reader, length)?;
        }
    }
    let is_multiple = kind & 0x1000 != 0;
    let kind = kind & !0x1000;
    let length = match kind {
        0x0002 | 0x0003 | 0x0004 | 0x000A | 0x000B | 0x0001 => Some(4),
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
        0x0048 => Some(16),
        STRING8 | UNICODE | BINARY | OBJECT => None,
        _ => return Err(Unreadable::Malformed),
    };
    let count = if is_multiple || length.is_none() { reader.u32()? } else { 1 };
    let mut first: &[u8] = &[];
    for number in 0..count.min(MAX_VALUES) {
        let value = match length {
            Some(length) => reader.take(length)?,
            None => {
                let length = reader.u32()?;
                padded(reader, length)?
            }
        };
        if number == 0 {
            first = value;
        }
    }
    Ok((id, kind, first))
}

/// A value of `length` bytes, and the padding to a multiple of four.
fn padded<'a>(reader: &mut Reader<'a>, length: u32) -> Result<&'a [u8], Unreadable> {
    let value = reader.take_u32(length)?;
    let padding = length.wrapping_neg() % 4;
    // The last value of a stream may lack its padding.
    reader.take_u32(padding).map_or(Ok(value), |_padding| Ok(value))
}
