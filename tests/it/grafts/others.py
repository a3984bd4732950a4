"""Clean pictures, texts and archives, and the same with one thing grafted on. others.py TARGET

Printed: [{name, grafted, code, ...}] with one of: `clean`, the file that must come out alike; `text`, what comes out;
`names`, the members that come out, in which `除去一覧.txt` says what is missing; `refused`, true if nothing may come out.
"""
import io, json, os, struct, sys, tarfile, zipfile, zlib

from PIL import Image, PngImagePlugin

rows, target = [], sys.argv[1]


def write(name, content):
    path = os.path.join(target, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def row(name, end, content, code, **outcome):
    if "clean" in outcome:
        outcome["clean"] = write(f"{len(rows):04}-clean.{end}", outcome["clean"])
    rows.append({"name": f"{end}: {name}", "grafted": write(f"{len(rows):04}.{end}", content), "code": code, **outcome})


# ── pictures ───────────────────────────────────────────────────────────────────────────────────────────────────────

picture = Image.new("RGB", (24, 16))
picture.putdata([(x * 10, y * 15, 128) for y in range(16) for x in range(24)])


def encoded(kind, **options):
    out = io.BytesIO()
    options.pop("picture", picture).save(out, kind, **options)
    return out.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png, kind, data, before=b"IDAT"):
    at = png.index(before) - 4
    return png[:at] + chunk(kind, data) + png[at:]


# Words that no part of a picture may carry out; mark-up would keep the whole file back for its two natures.
SCRIPT = b"36.3219N 139.0033E ####"
EXIF = b"MM\0*\0\0\0\x08\0\x01\x01\x0e\0\x02\0\0\0\x18\0\0\0\x1a\0\0\0\0" + SCRIPT + b"\0"
png = encoded("PNG")
for kind, data, before in [
    (b"tEXt", b"Comment\0" + SCRIPT, b"IDAT"), (b"zTXt", b"Comment\0\0" + zlib.compress(SCRIPT), b"IDAT"),
    (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SCRIPT, b"IDAT"), (b"eXIf", EXIF, b"IDAT"),
    (b"tIME", b"\x07\xea\x01\x01\0\0\0", b"IDAT"), (b"prVt", SCRIPT, b"IDAT"), (b"tEXt", b"Comment\0" + SCRIPT, b"IEND"),
]:
    row(f"a chunk {kind.decode()} before {before.decode()}", "png", with_chunk(png, kind, data, before), "metadata_removed", clean=png)
row("bytes behind the end", "png", png + SCRIPT, "trailing_data_removed", clean=png)
frames = io.BytesIO()
picture.save(frames, "PNG", save_all=True, append_images=[picture.rotate(180)], duration=100)
row("more frames", "png", frames.getvalue(), "animation_removed", clean=png)

jpeg = encoded("JPEG", quality=90)
for name, segment in [
    ("EXIF", b"\xff\xe1" + struct.pack(">H", len(EXIF) + 8) + b"Exif\0\0" + EXIF),
    ("XMP", b"\xff\xe1" + struct.pack(">H", 31 + len(SCRIPT)) + b"http://ns.adobe.com/xap/1.0/\0" + SCRIPT),
    ("a comment", b"\xff\xfe" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT),
    ("a list of more pictures", b"\xff\xe2" + struct.pack(">H", len(SCRIPT) + 6) + b"MPF\0" + SCRIPT),
    ("settings of an editor", b"\xff\xed" + struct.pack(">H", len(SCRIPT) + 16) + b"Photoshop 3.0\0" + SCRIPT),
    ("a segment that nobody knows", b"\xff\xeb" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT),
]:
    row(name, "jpg", jpeg[:2] + segment + jpeg[2:], "metadata_removed", clean=jpeg)
row("bytes behind the end", "jpg", jpeg + SCRIPT, "trailing_data_removed", clean=jpeg)
row("an archive behind the end", "jpg", jpeg + b"PK\5\6" + bytes(18), "trailing_data_removed", clean=jpeg)
row("a page behind the end", "png", png + b"<script>x()</script>", "type_mismatch", refused=True)
row("a page in a comment", "jpg", jpeg[:2] + b"\xff\xfe\0\x16<script>x()</script>" + jpeg[2:], "type_mismatch", refused=True)

gif = encoded("GIF")
row("a comment", "gif", gif[:-1] + b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0" + gif[-1:], "metadata_removed", clean=gif)
row("a block of a program", "gif", gif[:-1] + b"\x21\xff\x0bXMP DataXMP" + bytes([len(SCRIPT)]) + SCRIPT + b"\0" + gif[-1:],
    "metadata_removed", clean=gif)
row("bytes behind the end", "gif", gif + SCRIPT, "trailing_data_removed", clean=gif)
row("more frames", "gif", encoded("GIF", save_all=True, append_images=[picture.rotate(180)], duration=100), "animation_removed", clean=gif)
bmp = encoded("BMP")
row("bytes behind the end", "bmp", bmp + SCRIPT, "trailing_data_removed", clean=bmp)
tiff = encoded("TIFF")
row("tags that nobody needs", "tif", encoded("TIFF", tiffinfo={270: "36.3219N", 700: SCRIPT, 65000: "x"}),
    "metadata_removed", clean=tiff)
webp = encoded("WEBP", lossless=True)
row("EXIF", "webp", encoded("WEBP", lossless=True, exif=b"Exif\0\0" + EXIF), "metadata_removed", clean=webp)
row("XMP", "webp", encoded("WEBP", lossless=True, xmp=SCRIPT), "metadata_removed", clean=webp)
row("bytes behind the end", "webp", webp + SCRIPT, "trailing_data_removed", clean=webp)

# ── texts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

text = "申請のお知らせ\r\n様式第1号\r\n"
for name, character in [("NUL", "\0"), ("a bell", "\a"), ("a backspace", "\b"), ("DEL", "\x7f")]:
    # No text has them: what it is then, nobody knows.
    row(name, "txt", text.replace("様式", "様" + character + "式").encode(), "type_mismatch", refused=True)
for name, character in [("an escape", "\x1b[2J"), *[(f"U+{code:04X}", chr(code)) for code in (0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067,
                                                                    0x2068, 0x2069, 0x200E, 0x200F)]]:
    left = "[2J" if character.startswith("\x1b") else ""
    row(name, "txt", text.replace("様式", "様" + character + "式").encode(), "control_removed",
        clean=text.replace("様式", "様" + left + "式").encode())

for cell in ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "＝1+1", "＋1+1", "－1+1", "＠x", "=cmd|' /C calc'!A0", " =1+1", "\u3000=1+1"]:
    # What is put before a cell is kept in sight: the reader sees the formula as the text it is.
    row(f"a cell {cell}", "csv", f"氏名,値\r\n山田,{cell}\r\n".encode(), "formula_neutralised", text=f"\ufeff氏名,値\r\n山田,'{cell}\r\n")
row("a cell behind a quote", "csv", '氏名,値\r\n山田,"=1+1"\r\n'.encode(), "formula_neutralised", text="\ufeff氏名,値\r\n山田,'=1+1\r\n")
row("a tab before a formula", "csv", '氏名,値\r\n山田,"\t=1+1"\r\n'.encode(), "formula_neutralised", text=None)
row("a line before a formula", "csv", '氏名,値\r\n山田,"\r=1+1"\r\n'.encode(), "formula_neutralised", text=None)
row("numbers", "csv", "氏名,値\r\n山田,-12\r\n山田,+3.5\r\n山田,-1.2e5\r\n".encode(), None,
    text="\ufeff氏名,値\r\n山田,-12\r\n山田,+3.5\r\n山田,-1.2e5\r\n")

# ── archives ───────────────────────────────────────────────────────────────────────────────────────────────────────

CLEAN = [("読む.txt", "資料です。\r\n".encode())]


def zipped(members, external=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.external_attr = (external or 0) if name == "graft" else 0
            archive.writestr(info, content)
    return out.getvalue()


clean = zipped(CLEAN)
LIST = "除去一覧.txt"
for name in ["a.exe", "a.txt.exe", "a.pdf.lnk", "a.js", "a.iso", "a.exe.", "a.exe "]:
    row(f"a member {name!r}", "zip", zipped(CLEAN + [(name, b"MZ\x90\0" + bytes(200))]), "archive_member_removed",
        names=["読む.txt", LIST])
# A name that lies about where it is or what it is keeps the whole archive back.
for name in ["../../etc/x.txt", "..\\..\\x.txt", "a/../../x.txt", "x.txt:y.txt", "NUL.txt", "CON.bat", "a\u202efdp.exe"]:
    row(f"a member {name!r}", "zip", zipped(CLEAN + [(name, b"x\r\n")]), "type_mismatch", refused=True)
for name, given in [("/etc/x.txt", "etc/x.txt"), ("C:\\x.txt", "x.txt")]:
    row(f"a member {name!r}", "zip", zipped(CLEAN + [(name, b"x\r\n")]), None, names=["読む.txt", given])
row("a link to another place", "zip", zipped(CLEAN + [("graft", b"/etc/passwd")], 0o120777 << 16), "archive_member_removed",
    names=["読む.txt", LIST])
row("bytes behind the end", "zip", clean + b"MZ" * 40, "trailing_data_removed", clean=clean)
row("two members of one name", "zip", zipped(CLEAN + [("a.txt", b"1"), ("a.txt", b"2")]), "ambiguous_structure", refused=True)
# Names that only Windows takes for one are numbered.
row("two members of one name but for case", "zip", zipped(CLEAN + [("a.txt", b"1"), ("A.TXT", b"2")]), None,
    names=["読む.txt", "a.txt", "A (2).TXT"])
changed = bytearray(zipped(CLEAN + [("a.txt", b"1")]))
at = bytes(changed).index(b"a.txt")
changed[at:at + 5] = b"a.exe"
row("another name in the member's own header", "zip", bytes(changed), "ambiguous_structure", refused=True)
central = bytearray(clean)
at = bytes(central).rindex(b"PK\1\2")
central[at + 24:at + 28] = struct.pack("<I", 5)
row("another length in the directory", "zip", bytes(central), "ambiguous_structure", refused=True)
first = bytearray(zipped([("a.txt", b"1"), ("b.txt", b"1")]))
second = bytes(first).rindex(b"PK\1\2")
first[second + 42:second + 46] = struct.pack("<I", 0)
row("two members on the same bytes", "zip", bytes(first), "ambiguous_structure", refused=True)
row("a program before it that unpacks it", "exe", b"MZ\x90\0" + bytes(508) + clean, None, refused=True)
row("a program before it, and its name", "zip", b"MZ\x90\0" + bytes(508) + clean, None, refused=True)


def tarred(info, content=b""):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, bytes_ in CLEAN:
            plain = tarfile.TarInfo(name)
            plain.size = len(bytes_)
            archive.addfile(plain, io.BytesIO(bytes_))
        if info is not None:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def special(kind, name="graft", link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


row("nothing more", "tar", tarred(None), None, names=["読む.txt"])
for name, kind, link in [("a link to another place", tarfile.SYMTYPE, "/etc/passwd"), ("a hard link", tarfile.LNKTYPE, "/etc/passwd"),
                         ("a device", tarfile.CHRTYPE, ""), ("a pipe", tarfile.FIFOTYPE, "")]:
    row(name, "tar", tarred(special(kind, link=link)), "archive_member_removed", names=["読む.txt", LIST])
row("a program", "tar", tarred(tarfile.TarInfo("a.exe"), b"MZ\x90\0" + bytes(200)), "archive_member_removed", names=["読む.txt", LIST])

json.dump(rows, sys.stdout)
