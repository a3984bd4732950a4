//! Mail as Outlook writes it, made by hand: a compound file of one kind ([MS-CFB], [MS-OXMSG]) and TNEF.
//!
//! Refuses nothing; for samples only. Invariant: no clock: the times in the directory are zero, so that the same
//! sample has the same bytes.

const SECTOR: usize = 512;
const MINI: usize = 64;
const END: u32 = 0xFFFF_FFFE;
const FREE: u32 = 0xFFFF_FFFF;

/// A property: its number, its type, its bytes.
type Property = (u16, u16, Vec<u8>);

/// A message, a recipient or an attachment in the making.
#[derive(Default, Clone)]
pub(super) struct Object {
    properties: Vec<Property>,
    recipients: Vec<Self>,
    attachments: Vec<Self>,
    message: Option<Box<Self>>,
}

impl Object {
    /// A text in Unicode.
    pub(super) fn text(mut self, id: u16, text: &str) -> Self {
        self.properties.push((id, 0x1F, text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        self
    }

    /// A text in the code page of the message.
    pub(super) fn text8(mut self, id: u16, text: &[u8]) -> Self {
        self.properties.push((id, 0x1E, text.to_vec()));
        self
    }

    pub(super) fn binary(mut self, id: u16, bytes: &[u8]) -> Self {
        self.properties.push((id, 0x0102, bytes.to_vec()));
        self
    }

    pub(super) fn number(mut self, id: u16, number: u32) -> Self {
        self.properties.push((id, 0x03, number.to_le_bytes().to_vec()));
        self
    }

    /// A time in seconds since 1970.
    pub(super) fn time(mut self, id: u16, seconds: u64) -> Self {
        let ticks = (seconds + 11_644_473_600) * 10_000_000;
        self.properties.push((id, 0x40, ticks.to_le_bytes().to_vec()));
        self
    }

    pub(super) fn recipient(mut self, recipient: Self) -> Self {
        self.recipients.push(recipient);
        self
    }

    pub(super) fn attachment(mut self, attachment: Self) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// An attached message.
    pub(super) fn holding(mut self, message: Self) -> Self {
        self = self.number(0x3705, 5);
        self.message = Some(Box::new(message));
        self
    }

    /// The storage of this object; `header` is the length of what stands before its fixed properties.
    fn storage(&self, header: usize) -> Vec<(String, Entry)> {
        let mut fixed = vec![0; header];
        let mut entries = Vec::new();
        for (id, kind, bytes) in &self.properties {
            let tag = (u32::from(*id) << 16 | u32::from(*kind)).to_le_bytes();
            fixed.extend([&tag[..], &[6, 0, 0, 0]].concat());
            if matches!(kind, 0x03 | 0x40) {
                fixed.extend(bytes.iter().copied().chain([0; 8]).take(8));
            } else {
                fixed.extend([&u32::try_from(bytes.len()).unwrap_or(0).to_le_bytes()[..], &[0; 4]].concat());
                entries.push((format!("__substg1.0_{id:04X}{kind:04X}"), Entry::Stream(bytes.clone())));
            }
        }
        for (number, recipient) in self.recipients.iter().enumerate() {
            entries.push((format!("__recip_version1.0_#{number:08X}"), Entry::Storage(recipient.storage(8))));
        }
        for (number, attachment) in self.attachments.iter().enumerate() {
            entries.push((format!("__attach_version1.0_#{number:08X}"), Entry::Storage(attachment.storage(8))));
        }
        if let Some(message) = &self.message {
            entries.push(("__substg1.0_3701000D".to_owned(), Entry::Storage(message.storage(24))));
        }
        entries.push(("__properties_version1.0".to_owned(), Entry::Stream(fixed)));
        entries
    }

    /// The object as a `.msg` file.
    pub(super) fn msg(&self) -> Vec<u8> {
        Compound::default().file(self.storage(32))
    }
}

enum Entry {
    Storage(Vec<(String, Self)>),
    Stream(Vec<u8>),
}

/// A compound file in the making: long streams in sectors, short ones in the mini stream.
#[derive(Default)]
struct Compound {
    directory: Vec<u8>,
    sectors: Vec<u8>,
    chains: Vec<u32>,
    mini: Vec<u8>,
    mini_chains: Vec<u32>,
}

impl Compound {
    fn file(mut self, root: Vec<(String, Entry)>) -> Vec<u8> {
        self.entry("Root Entry", 5, END, 0);
        self.folder(0, root);
        let mini = std::mem::take(&mut self.mini);
        let start = self.stream(&mini);
        self.set(116, start);
        self.set(120, four(mini.len()));
        let mini_table: Vec<u8> = self.mini_chains.iter().copied().flat_map(u32::to_le_bytes).collect();
        let mini_tables = mini_table.len().div_ceil(SECTOR);
        let mini_table = [mini_table.clone(), vec![0xFF; mini_tables * SECTOR - mini_table.len()]].concat();
        let first_mini_table = self.stream(&mini_table);
        let directory = std::mem::take(&mut self.directory);
        let directory = self.stream(&directory);
        let per_sector = SECTOR / 4;
        let mut tables = 1;
        while (self.chains.len() + tables).div_ceil(per_sector) > tables {
            tables += 1;
        }
        let first = self.chains.len();
        self.chains.extend(std::iter::repeat_n(0xFFFF_FFFD, tables));
        let mut file = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        file.extend([0; 16]);
        file.extend([0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
        file.extend([0; 10]);
        for number in [four(tables), directory, 0, 4_096, first_mini_table, four(mini_tables), END, 0] {
            file.extend(number.to_le_bytes());
        }
        let tables = (0..109).map(|at| if at < tables { four(first + at) } else { FREE });
        file.extend(tables.flat_map(u32::to_le_bytes));
        file.extend(&self.sectors);
        file.extend(self.chains.iter().copied().flat_map(u32::to_le_bytes));
        while !file.len().is_multiple_of(SECTOR) {
            file.push(0xFF);
        }
        file
    }

    /// Writes what is in the folder at `parent`: its entries as one line of right siblings, in the order of their names.
    fn folder(&mut self, parent: usize, mut entries: Vec<(String, Entry)>) {
        entries.sort_by_key(|(name, _)| (name.encode_utf16().count(), name.to_uppercase()));
        let mut link = parent * 128 + 76;
        for (name, entry) in entries {
            let number = self.directory.len() / 128;
            self.set(link, four(number));
            link = number * 128 + 72;
            match entry {
                Entry::Stream(bytes) => {
                    let length = bytes.len();
                    let start = match length {
                        0 => END,
                        1..4_096 => self.short(&bytes),
                        _ => self.stream(&bytes),
                    };
                    self.entry(&name, 2, start, length);
                }
                Entry::Storage(inside) => {
                    self.entry(&name, 1, 0, 0);
                    self.folder(number, inside);
                }
            }
        }
    }

    fn set(&mut self, at: usize, number: u32) {
        for (place, byte) in self.directory.iter_mut().skip(at).zip(number.to_le_bytes()) {
            *place = byte;
        }
    }

    fn entry(&mut self, name: &str, kind: u8, start: u32, length: usize) {
        let mut raw: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let taken = u16::try_from(raw.len() + 2).unwrap_or(64);
        raw.resize(64, 0);
        raw.extend(taken.to_le_bytes());
        raw.extend([kind, 1]);
        raw.extend([FREE; 3].into_iter().flat_map(u32::to_le_bytes));
        raw.resize(116, 0);
        raw.extend(start.to_le_bytes());
        raw.extend(four(length).to_le_bytes());
        raw.extend([0; 4]);
        self.directory.extend(raw);
    }

    /// Writes a chain of mini sectors; its first.
    fn short(&mut self, bytes: &[u8]) -> u32 {
        let first = self.mini_chains.len();
        let count = bytes.len().div_ceil(MINI);
        self.mini.extend(bytes);
        self.mini.resize((first + count) * MINI, 0);
        self.mini_chains.extend((1..count).map(|at| four(first + at)).chain([END]));
        four(first)
    }

    /// Writes a chain of sectors; its first.
    fn stream(&mut self, bytes: &[u8]) -> u32 {
        let first = self.chains.len();
        let count = bytes.len().div_ceil(SECTOR).max(1);
        self.sectors.extend(bytes);
        self.sectors.resize((first + count) * SECTOR, 0);
        self.chains.extend((1..count).map(|at| four(first + at)).chain([END]));
        four(first)
    }
}

fn four(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Attributes of TNEF, one after the other.
pub(super) struct Tnef {
    bytes: Vec<u8>,
}

impl Tnef {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0x78, 0x9F, 0x3E, 0x22, 1, 0] }.attribute(1, 0x0006_9007, &[0xA4, 3, 0, 0, 0, 0, 0, 0])
    }

    pub(super) fn attribute(mut self, level: u8, id: u32, data: &[u8]) -> Self {
        self.bytes.push(level);
        self.bytes.extend(id.to_le_bytes());
        self.bytes.extend(four(data.len()).to_le_bytes());
        self.bytes.extend(data);
        let sum = data.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        self.bytes.extend(sum.to_le_bytes());
        self
    }

    /// A file under its name in the code page of the message.
    pub(super) fn file(self, name: &[u8], content: &[u8]) -> Self {
        let title = [name, &[0]].concat();
        self.attribute(2, 0x0006_9002, &[0; 14]).attribute(2, 0x0001_8010, &title).attribute(2, 0x0006_800F, content)
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.bytes
    }
}
