//! Archives byte by byte, right and wrong.

use miniz_oxide::deflate::compress_to_vec;

/// What stands in all of them, as 見積/表.txt.
pub(crate) const CONTENT: &[u8] = b"abcabcabcabcabcabc\n";

/// By 7-Zip 23: three files; with a password; with a password for its head too.
pub(crate) const SEVEN_ZIP: &str = "377abcaf271c000426f87ea9910000000000000021000000000000009249a493e00013000b5d003c184873d695d8ee44\
    0000000000813307ae0fcf27f08c07c8437f41b1fafde8efe7c96d3c15f029620da1eb408ea83f45041a7ed3ebdf5d1c204ac8349c5b5b67dfe120\
    8a92f7f879b52b273326c581687374d71a02f1c3822427d83beed71588b7420633ba053d739b8abc603aab3a60605de205121717e1769cadcbf615\
    8d5ae4572dfc809624000017061301097e00070b01000123030101055d001000000c80a60a01ab232d3a0000";
pub(crate) const SEVEN_ZIP_PASSWORD: &str = "377abcaf271c0004b3cdf1541000000000000000620000000000000096ba452345dbd034b744714245c8f19474280c2e\
    0104060001091000070b0100022406f1070112530fb3b5f02ebf22a669138d8d2f6a6106fb2121010001000c050100080a018316dc8c0000050119\
    0100110d007a7a2e006300730076000000140a01005ef92d62537bdd01150601002080a4810000";
pub(crate) const SEVEN_ZIP_HIDDEN: &str = "377abcaf271c0004e7bbc60b80000000000000002e0000000000000058bb886e179fd2ce43807b242275d2a41d99eb0c\
    7a4751ab1dc8dce304b6846c793756283588b3239eaa791f2bb0adfaef1cfb566f07153162549d939356d8541b02be422f4ce348e2aab7e9198fe1\
    898da6cd6aadfb001fa34eb723a8fd74a446e58a5f2924a6ecf4c6a58de36c552922af431d1ce5a20aff63d5c37f7eab7050f3dcc0170610010970\
    00070b0100012406f1070112530ff77e28a30efacfea463dda0b52c394cb0c620a01cd053b8a0000";
/// A 7z of one stored member, its head packed with LZMA2 and a dictionary of 8 MiB as libarchive and py7zr take it; the
/// head is said to have `longer` bytes more than it has.
pub(crate) fn seven_zip_with_packed_head(longer: u32) -> Vec<u8> {
    let byte = |length: usize| u8::try_from(length).ok().filter(|length| *length < 0x80).unwrap();
    let (content, sum) = (byte(CONTENT.len()), crc32fast::hash(CONTENT).to_le_bytes());
    let name: Vec<u8> = "見積/表.txt\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let head = [
        &[1, 4, 6, 0, 1, 9, content, 0, 7, 11, 1, 0, 1, 1, 0, 12, content, 0, 8, 10, 1][..],
        &sum,
        &[0, 0, 5, 1, 17, byte(name.len() + 1), 0],
        &name,
        &[0, 0],
    ]
    .concat();
    // One chunk that is not packed, and the end.
    let packed = [&[1, 0, byte(head.len() - 1)], head.as_slice(), &[0]].concat();
    let stated = (u32::from(byte(head.len())) + longer).to_le_bytes();
    let outer = [
        &[0x17, 6, content, 1, 9, byte(packed.len()), 0, 7, 11, 1, 0, 1, 0x21, 0x21, 1, 0x18, 12, 0xF0][..],
        &stated,
        &[0, 0],
    ]
    .concat();
    let offset = u64::try_from(CONTENT.len() + packed.len()).unwrap().to_le_bytes();
    let length = u64::try_from(outer.len()).unwrap().to_le_bytes();
    let start = [offset.as_slice(), &length, &crc32fast::hash(&outer).to_le_bytes()].concat();
    let sum = crc32fast::hash(&start).to_le_bytes();
    [b"7z\xBC\xAF\x27\x1C\0\x04", sum.as_slice(), &start, CONTENT, &packed, &outer].concat()
}

const XZ: &str = "fd377a585a0000016922de36020021011c00000010cf58cc01000768656c6c6f20787a002198689000011c0844602ac89042990d\
    010000000001595a";
const BZIP2: &str = "425a68393141592653590bbbdc9100000191804000124480102000310c010699a4e6430a2ee48a70a1201777b922";
const ZSTD: &str = "28b52ffd045841000068656c6c6f207a73ab2ec69e";

pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}

/// One good archive of every kind.
pub(crate) fn whole() -> Vec<(&'static str, Vec<u8>)> {
    let mut zip = Zip::new();
    zip.add(stored("見積/".as_bytes(), b""));
    zip.add(deflated(b"\x8C\xA9\x90\xCF/\x95\\.txt", CONTENT));
    let rows = [tar_row("見積/", b'5', b""), tar_row("見積/表.txt", b'0', CONTENT)];
    vec![
        ("zip", zip.bytes()),
        ("tar", tar(&rows)),
        ("gzip", gz(None, &tar(&rows))),
        ("gzip", gz(None, b"hello gz")),
        ("xz", hex(XZ)),
        ("bzip2", hex(BZIP2)),
        ("zstd", hex(ZSTD)),
        ("7z", hex(SEVEN_ZIP)),
        ("7z", seven_zip_with_packed_head(0)),
        ("lzh", lzh(false)),
        ("rar", rar(false)),
        ("cab", cab(false)),
    ]
}

/// How a data descriptor is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descriptor {
    Signed,
    Bare,
    Wide,
    Wrong,
}

/// A member of a ZIP file; what is `None` is as it should be.
#[derive(Clone, Default)]
pub(crate) struct Member {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) extra: Vec<u8>,
    pub(crate) attributes: u32,
    pub(crate) size: Option<u32>,
    pub(crate) crc: Option<u32>,
    pub(crate) offset: Option<u32>,
    pub(crate) descriptor: Option<Descriptor>,
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) local_size: Option<u32>,
    pub(crate) local_crc: Option<u32>,
    pub(crate) local_method: Option<u16>,
    pub(crate) local_flags: Option<u16>,
    pub(crate) local_extra: Option<Vec<u8>>,
    content: Vec<u8>,
}

pub(crate) fn stored(name: &[u8], content: &[u8]) -> Member {
    Member { name: name.to_vec(), data: content.to_vec(), content: content.to_vec(), ..Member::default() }
}

pub(crate) fn deflated(name: &[u8], content: &[u8]) -> Member {
    Member { data: compress_to_vec(content, 6), method: 8, ..stored(name, content) }
}

/// A ZIP file.
#[derive(Clone, Default)]
pub(crate) struct Zip {
    body: Vec<u8>,
    directory: Vec<u8>,
    members: u16,
    pub(crate) count: Option<u16>,
    pub(crate) comment: Vec<u8>,
}

impl Zip {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.body.extend(bytes);
    }

    pub(crate) fn add(&mut self, member: Member) {
        let offset = member.offset.unwrap_or(u32::try_from(self.body.len()).unwrap());
        let packed = u32::try_from(member.data.len()).unwrap();
        let size = member.size.unwrap_or(u32::try_from(member.content.len()).unwrap());
        let crc = member.crc.unwrap_or(crc32fast::hash(&member.content));
        let flags = member.flags | if member.descriptor.is_some() { 8 } else { 0 };
        if member.offset.is_none() {
            let name = member.local_name.as_ref().unwrap_or(&member.name);
            let extra = member.local_extra.as_ref().unwrap_or(&member.extra);
            let said = |value: u32| if member.descriptor.is_some() { 0 } else { value };
            self.body.extend(b"PK\x03\x04\x14\0");
            self.body.extend(member.local_flags.unwrap_or(flags).to_le_bytes());
            self.body.extend(member.local_method.unwrap_or(member.method).to_le_bytes());
            self.body.extend([0, 0, 0x21, 0]);
            for value in [member.local_crc.unwrap_or(crc), packed, member.local_size.unwrap_or(size)] {
                self.body.extend(said(value).to_le_bytes());
            }
            self.body.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            self.body.extend(u16::try_from(extra.len()).unwrap().to_le_bytes());
            self.body.extend([name.as_slice(), extra, &member.data].concat());
            self.descriptor(member.descriptor, crc, packed, size);
        }
        self.directory.extend(b"PK\x01\x02\x14\x03\x14\0");
        self.directory.extend([flags.to_le_bytes(), member.method.to_le_bytes()].concat());
        self.directory.extend([0, 0, 0x21, 0]);
        self.directory.extend([crc, packed, size].map(u32::to_le_bytes).concat());
        self.directory.extend(u16::try_from(member.name.len()).unwrap().to_le_bytes());
        self.directory.extend(u16::try_from(member.extra.len()).unwrap().to_le_bytes());
        self.directory.extend([0; 6]);
        self.directory.extend([member.attributes, offset].map(u32::to_le_bytes).concat());
        self.directory.extend([member.name, member.extra].concat());
        self.members += 1;
    }

    fn descriptor(&mut self, descriptor: Option<Descriptor>, crc: u32, packed: u32, size: u32) {
        let Some(descriptor) = descriptor else { return };
        if descriptor != Descriptor::Bare {
            self.body.extend(b"PK\x07\x08");
        }
        self.body.extend(crc.to_le_bytes());
        let size = if descriptor == Descriptor::Wrong { size + 1 } else { size };
        for value in [packed, size] {
            self.body.extend(value.to_le_bytes());
            self.body.extend(if descriptor == Descriptor::Wide { &[0; 4][..] } else { &[] });
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let start = u32::try_from(self.body.len()).unwrap();
        let size = u32::try_from(self.directory.len()).unwrap();
        let count = self.count.unwrap_or(self.members);
        let mut bytes = [self.body.as_slice(), &self.directory, b"PK\x05\x06\0\0\0\0"].concat();
        bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        bytes.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
        bytes.extend(u16::try_from(self.comment.len()).unwrap().to_le_bytes());
        bytes.extend(&self.comment);
        bytes
    }
}

/// Deflated zeros.
pub(crate) fn zeros(length: usize) -> Vec<u8> {
    compress_to_vec(&vec![0; length], 6)
}

/// Members that all unpack the same bytes: each quotes the local headers of those behind it.
pub(crate) fn fifield(count: u16) -> Vec<u8> {
    let mut zip = Zip::new();
    let kernel = zeros(1 << 20);
    for n in 0..count {
        let mut member = stored(format!("{n:05}").as_bytes(), b"");
        let left = usize::from(count - n) * 35 + kernel.len();
        member.data = vec![0; left];
        member.size = Some(1 << 20);
        member.method = 8;
        member.offset = Some(u32::from(n) * 35);
        let header =
            [b"PK\x03\x04\x14\0\0\0\x08\0\0\0\x21\0".as_slice(), &[0; 12], &[5, 0, 0, 0], &member.name].concat();
        zip.raw(&header);
        zip.add(member);
    }
    zip.raw(&kernel);
    zip.raw(&[0; 35]);
    zip.bytes()
}

/// A header and its data.
pub(crate) fn tar_row(name: &str, kind: u8, data: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend(data);
    block.resize(block.len().div_ceil(512) * 512, 0);
    block
}

pub(crate) fn tar(rows: &[Vec<u8>]) -> Vec<u8> {
    [rows.concat(), vec![0; 1024]].concat()
}

pub(crate) fn gz(name: Option<&[u8]>, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x1F, 0x8B, 8, if name.is_some() { 8 } else { 0 }, 0, 0, 0, 0, 0, 3];
    if let Some(name) = name {
        bytes.extend(name);
        bytes.push(0);
    }
    bytes.extend(compress_to_vec(content, 6));
    bytes.extend(crc32fast::hash(content).to_le_bytes());
    bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    bytes
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xA001 })
    })
}

/// Level 0, stored, with the separator and the charset of Windows.
pub(crate) fn lzh(broken: bool) -> Vec<u8> {
    let name = b"\x8C\xA9\x90\xCF\\\x95\\.txt";
    let size = u32::try_from(CONTENT.len()).unwrap().to_le_bytes();
    let crc = (crc16(CONTENT) ^ u16::from(broken)).to_le_bytes();
    let length = [u8::try_from(name.len()).unwrap()];
    let fields = [b"-lh0-".as_slice(), &size, &size, &[0, 0, 0x21, 0, 0x20, 0], &length, name, &crc].concat();
    let sum = fields.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    let head = [&[u8::try_from(fields.len()).unwrap(), sum], fields.as_slice()].concat();
    [head, CONTENT.to_vec(), vec![0]].concat()
}

/// Version 5, stored.
pub(crate) fn rar(broken: bool) -> Vec<u8> {
    let block = |fields: &[u8], data: &[u8]| {
        let sized = [&[u8::try_from(fields.len()).unwrap()], fields].concat();
        [crc32fast::hash(&sized).to_le_bytes().as_slice(), &sized, data].concat()
    };
    let name = "見積/表.txt".as_bytes();
    let size = u8::try_from(CONTENT.len()).unwrap();
    let crc = (crc32fast::hash(CONTENT) ^ u32::from(broken)).to_le_bytes();
    // File, with data; with a checksum; nothing else; stored; Unix.
    let length = u8::try_from(name.len()).unwrap();
    let file = [&[2, 2, size, 4, size, 0][..], &crc, &[0, 1, length], name].concat();
    [b"Rar!\x1A\x07\x01\0".to_vec(), block(&[1, 0, 0], b""), block(&file, CONTENT), block(&[5, 0, 0], b"")].concat()
}

/// One folder, MSZIP.
pub(crate) fn cab(broken: bool) -> Vec<u8> {
    let name = b"\x8C\xA9\x90\xCF\\\x95\\.txt\0";
    let packed = [b"CK".to_vec(), compress_to_vec(CONTENT, 6)].concat();
    let size = u32::try_from(CONTENT.len()).unwrap();
    let file = [size.to_le_bytes().as_slice(), &[0; 6], &[0x21, 0, 0, 0, 0x20, 0], name].concat();
    let data_at = 36 + 8 + file.len();
    let short = |value: usize| u16::try_from(value).unwrap().to_le_bytes();
    let mut data = [[0; 4].as_slice(), &short(packed.len()), &short(CONTENT.len()), &packed].concat();
    if broken {
        data[0] = 1;
    }
    let length = u32::try_from(data_at + data.len()).unwrap();
    let head = [
        b"MSCF\0\0\0\0".as_slice(),
        &length.to_le_bytes(),
        &[0; 4],
        &44u32.to_le_bytes(),
        &[0; 4],
        &[3, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    ];
    let folder = [u32::try_from(data_at).unwrap().to_le_bytes().as_slice(), &[1, 0, 1, 0]].concat();
    [head.concat(), folder, file, data].concat()
}
