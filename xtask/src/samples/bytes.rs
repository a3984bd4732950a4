//! The first bytes of many kinds of files: enough to be recognised, too little to do anything.

/// A picture of one pixel.
pub(super) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0,
    0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9C, 0x63, 0x60, 0, 0, 0, 2, 0, 1,
    0x48, 0xAF, 0xA4, 0x71, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

/// Two letters and a sentence: what makes content look like a Windows program, and nothing that runs.
pub(super) fn program() -> Vec<u8> {
    let mut bytes = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0\xB8\0\0\0\0\0\0\0\x40\0\0\0".to_vec();
    bytes.resize(60, 0);
    bytes.extend_from_slice(&[0x80, 0, 0, 0]);
    bytes.extend_from_slice(b"This program cannot be run in DOS mode.\r\n$");
    bytes.resize(128, 0);
    bytes.extend_from_slice(b"PE\0\0\x64\x86\0\0 a sample without code");
    bytes
}

/// A PDF of one empty page.
pub(super) fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
      3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
        .to_vec()
}

/// A ZIP of stored members; with `encrypted` the flag that a password is needed is set (the content stays as it is).
pub(super) fn zip(members: &[(&str, &[u8])], encrypted: bool) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let offset = four(out.len());
        let fields = |out: &mut Vec<u8>| {
            let flags: u16 = if encrypted { 0x0801 } else { 0x0800 };
            out.extend_from_slice(&[20, 0]);
            out.extend_from_slice(&flags.to_le_bytes());
            out.extend_from_slice(&[0, 0, 0, 0, 0x21, 0x5B]);
            out.extend_from_slice(&crc32(content).to_le_bytes());
            out.extend_from_slice(&four(content.len()));
            out.extend_from_slice(&four(content.len()));
            out.extend_from_slice(&[name.len().to_le_bytes()[0], name.len().to_le_bytes()[1], 0, 0]);
        };
        out.extend_from_slice(b"PK\x03\x04");
        fields(&mut out);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(content);
        central.extend_from_slice(b"PK\x01\x02\x14\0");
        fields(&mut central);
        central.extend_from_slice(&[0; 10]);
        central.extend_from_slice(&offset);
        central.extend_from_slice(name.as_bytes());
    }
    let start = four(out.len());
    out.extend_from_slice(&central);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    let count = members.len().to_le_bytes();
    out.extend_from_slice(&[count[0], count[1], count[0], count[1]]);
    out.extend_from_slice(&four(central.len()));
    out.extend_from_slice(&start);
    out.extend_from_slice(&[0, 0]);
    out
}

/// A word processing document of two lines, one of them with ruby (ECMA-376 part 1, 11.3.10).
pub(super) fn docx() -> Vec<u8> {
    const TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    const MAIN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>\
        <w:p><w:r><w:t>通知文書</w:t></w:r></w:p>\
        <w:p><w:r><w:ruby><w:rubyPr><w:rubyAlign w:val=\"distributeSpace\"/><w:hps w:val=\"10\"/><w:hpsRaise w:val=\"18\"/>\
        <w:hpsBaseText w:val=\"21\"/><w:lid w:val=\"ja-JP\"/></w:rubyPr><w:rt><w:r><w:t>ちょうず</w:t></w:r></w:rt>\
        <w:rubyBase><w:r><w:t>手水</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p></w:body></w:document>";
    package(("word/document.xml", TYPE, MAIN), &[])
}

/// A spreadsheet of one cell with a project of macros, which here is only a word (ECMA-376 part 1, 12.3.23).
pub(super) fn xlsm() -> Vec<u8> {
    const TYPE: &str = "application/vnd.ms-excel.sheet.macroEnabled.main+xml";
    const BOOK: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
        xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
        <sheets><sheet name=\"請求書\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    const SHEET: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
        <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>\
        <row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>㈱山田建設</t></is></c><c r=\"B1\"><f>6*7</f><v>42</v></c></row>\
        </sheetData></worksheet>";
    const WORKSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml";
    let relations = relations(&[
        ("rId1", &format!("{RELATIONS}/worksheet"), "worksheets/sheet1.xml"),
        ("rId2", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin"),
    ]);
    package(
        ("xl/workbook.xml", TYPE, BOOK),
        &[
            ("xl/_rels/workbook.xml.rels", "", relations.as_bytes()),
            ("xl/worksheets/sheet1.xml", WORKSHEET, SHEET.as_bytes()),
            ("xl/vbaProject.bin", "application/vnd.ms-office.vbaProject", b"no macro in here"),
        ],
    )
}

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A package (ECMA-376 part 2): its main part, and others with their types.
fn package((main, main_type, xml): (&str, &str, &str), others: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let typed = others.iter().filter(|(_, kind, _)| !kind.is_empty()).map(|(name, kind, _)| (*name, *kind));
    let overrides: String = [(main, main_type)]
        .into_iter()
        .chain(typed)
        .map(|(name, kind)| format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/>"))
        .collect();
    let types = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         {overrides}</Types>"
    );
    let root = relations(&[("rId1", &format!("{RELATIONS}/officeDocument"), main)]);
    let mut members: Vec<(&str, &[u8])> =
        vec![("[Content_Types].xml", types.as_bytes()), ("_rels/.rels", root.as_bytes()), (main, xml.as_bytes())];
    members.extend(others.iter().map(|(name, _, content)| (*name, *content)));
    zip(&members, false)
}

fn relations(rows: &[(&str, &str, &str)]) -> String {
    let rows: String = rows
        .iter()
        .map(|(id, kind, target)| format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"/>"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{rows}</Relationships>"
    )
}

/// The signature of an OLE2 file (old Office, Ichitaro, MSI) and empty sectors.
pub(super) fn ole2() -> Vec<u8> {
    let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    bytes.resize(24, 0);
    bytes.extend_from_slice(&[0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
    bytes.resize(1536, 0);
    bytes
}

fn four(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or_default().to_le_bytes()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (!(crc & 1)).wrapping_add(1)))
    })
}
