"""Documents before and after, read by programs of other people.

Standard input: [[before, after], ...], paths, `after` may be null. Standard output: a list of what was seen of each:
  loads_before, loads_after   python-docx, openpyxl, python-pptx
  characters, lost            text before, and what of it is not there afterwards
  cells, differing            cells with a value before, and those that have another one now
  formulas, flattened         formulas before, and those that are something else now
  active                      everything that acts or leads out of `after`, as sentences
"""
import collections, contextlib, io, json, os, re, subprocess, sys, tempfile, unicodedata, warnings, zipfile

warnings.simplefilter("ignore")
import docx, openpyxl, pptx
from lxml import etree
from oletools import msodde, oleobj, olevba

COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"


def texts(part):
    """Text elements of a part; of alternatives the first."""
    root = etree.fromstring(part.blob)
    for element in root.iter():
        if not isinstance(element.tag, str) or etree.QName(element).localname != "t" or not element.text:
            continue
        if not any(parent.tag == COMPATIBILITY + "Fallback" for parent in element.iterancestors()):
            yield element.text


def letters(texts):
    counted = collections.Counter()
    for text in texts:
        counted.update(c for c in unicodedata.normalize("NFKC", text) if not c.isspace())
    return counted


def related(part, kinds):
    for relation in part.rels.values():
        if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] in kinds:
            yield relation.target_part


class Word:
    def __init__(self, path):
        part = docx.Document(path).part
        notes = ("header", "footer", "footnotes", "endnotes", "comments")
        self.text = letters(text for one in [part, *related(part, notes)] for text in texts(one))
        self.values, self.formulas = {}, {}


class Slides:
    def __init__(self, path):
        shown = [slide.part for slide in pptx.Presentation(path).slides]
        notes = [note for slide in shown for note in related(slide, ("notesSlide",))]
        self.text = letters(text for one in shown + notes for text in texts(one))
        self.values, self.formulas = {}, {}


def macro_sheets(path):
    """Names of sheets that are programs; openpyxl reads them as sheets of values."""
    with zipfile.ZipFile(path) as archive:
        rows = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        macros = {row.get("Id") for row in rows if row.get("Type").lower().endswith(("macrosheet", "dialogsheet"))}
        sheets = etree.fromstring(archive.read("xl/workbook.xml")).iter("{*}sheet")
        return {sheet.get("name") for sheet in sheets if macros & set(sheet.attrib.values())}


class Book:
    def __init__(self, path):
        left_out = macro_sheets(path)
        self.values = self.cells(openpyxl.load_workbook(path, data_only=True), left_out)
        written = self.cells(openpyxl.load_workbook(path), left_out)
        self.formulas = {at: value for at, value in written.items() if value.startswith(("'=", "\"=", "formula "))}
        self.text = letters(self.values.values())

    @staticmethod
    def cells(book, left_out):
        cells = {}
        for sheet in book.worksheets:
            if sheet.title in left_out:
                continue
            for row in sheet.iter_rows():
                for cell in row:
                    value = cell.value
                    # Formulas over several cells are objects that are printed with their addresses in memory.
                    said = f"formula {value.ref} {getattr(value, 'text', '')}" if hasattr(value, "ref") else repr(value)
                    if value is not None:
                        cells[sheet.title, cell.coordinate] = said
        return cells


READERS = {"doc": Word, "dot": Word, "xls": Book, "xlt": Book, "ppt": Slides, "pps": Slides, "pot": Slides}


def read(path):
    try:
        return READERS[os.path.splitext(path)[1][1:4].lower()](path)
    except Exception:
        return None


PARTS = re.compile(
    r"(?i)vba|macrosheet|dialogsheet|activex|embeddings/|customui|externallink|ctrlprops|\.bin$|connections|querytable"
    r"|webextension|taskpane|oleobject|attachedtoolbars|customizations|_xmlsignatures|fonts/|\.(emf|wmf)$"
)
MARKS = re.compile(
    rb"(?i)TargetMode|vbaProject|oleObj|attachedTemplate|altChunk|subDocument|macroEnabled|ddeLink|<!DOCTYPE|<!ENTITY"
    rb"|ppaction://(?!hlinksldjump|hlinkshowjump|noaction)|javascript:|FmlaMacro|(?<![a-z])macro=\"[^\"]"
    rb"|<w:control |<control |auto_open|xlm=\"1\""
)
OUTSIDE = re.compile(rb"(?i)Target=(?:\"|')\s*(?:[a-z][a-z0-9+.-]*:|//|\\\\|[^\"']*\\\\)")


def own_scan(path):
    with zipfile.ZipFile(path) as archive:
        if archive.testzip():
            yield "a member is damaged"
        names = archive.namelist()
        if len(names) != len(set(name.lower() for name in names)):
            yield "members of one name"
        for name in names:
            content = archive.read(name)
            if PARTS.search(name):
                yield f"part {name}"
            if not name.endswith((".rels", ".xml")):
                continue
            if not content.startswith(b"<?xml") or b"\x00" in content:
                yield f"{name} is no plain UTF-8"
            for found in {found.group() for found in MARKS.finditer(content)}:
                yield f"{name}: {found!r}"
            if name.endswith(".rels"):
                for found in OUTSIDE.findall(content):
                    yield f"{name} leads out: {found!r}"


def oletools_say(path):
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(said):
        reader = olevba.VBA_Parser_CLI(path)
        reader.process_file()
        reader.close()
        if "No VBA or XLM macros found" not in said.getvalue():
            yield "olevba: macros"
        reader = olevba.VBA_Parser(path)
        if reader.detect_vba_macros():
            yield "mraptor: macros"
        reader.close()
        said.truncate(0)
        if any(oleobj.process_file(path, None, folder)):
            yield "oleobj: " + said.getvalue()[-300:]
        # Letters in circles (EQ) lead nowhere; msodde names every field with brackets in it.
        links = msodde.process_file(path, msodde.FIELD_FILTER_BLACKLIST).splitlines()
        links = [link.strip() for link in links if link.strip() and not link.strip().lower().startswith("eq \\")]
        if links:
            yield f"msodde: {links}"


def mraptor_says(paths):
    """Its exit code is that of the worst file; 0 is that of files without macros."""
    ended = subprocess.run([sys.executable, "-I", "-m", "oletools.mraptor", *paths], capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


def compare(before, after):
    seen = {"loads_before": False, "loads_after": False, "characters": 0, "lost": 0, "cells": 0, "differing": 0}
    seen.update(formulas=0, flattened=0, active=[], samples=[])
    first = read(before)
    seen["loads_before"] = first is not None
    if after is None:
        return seen
    seen["active"] = [*own_scan(after), *oletools_say(after)]
    second = read(after)
    seen["loads_after"] = second is not None
    if first is None or second is None:
        return seen
    seen["characters"] = sum(first.text.values())
    seen["lost"] = sum((first.text - second.text).values())
    differing = [at for at, value in first.values.items() if second.values.get(at) != value]
    seen["cells"], seen["differing"] = len(first.values), len(differing)
    seen["samples"] = [[*at, first.values[at], second.values.get(at)] for at in differing[:3]]
    seen["formulas"] = len(first.formulas)
    seen["flattened"] = sum(second.formulas.get(at) != value for at, value in first.formulas.items())
    return seen


pairs = json.load(sys.stdin)
seen = [compare(before, after) for before, after in pairs]
code, said = mraptor_says([after for _, after in pairs if after])
if code != 0:
    sys.exit(f"mraptor ends with {code}:\n{said}")
json.dump(seen, sys.stdout)
