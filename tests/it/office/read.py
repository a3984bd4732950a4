"""What documents of Office say, as lines of facts, read with nothing but Python's standard library.

Refuses: nothing; what it does not know it does not tell. Invariant: it shares no code with what writes or rebuilds.
Arguments: a folder. Prints one JSON object: for each file its facts, and its elements with how often each stands in it.
"""
import collections, json, os, posixpath, struct, sys, zipfile
from xml.etree import ElementTree

STRICT = [
    ("http://purl.oclc.org/ooxml/wordprocessingml/main", "http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    ("http://purl.oclc.org/ooxml/spreadsheetml/main", "http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    ("http://purl.oclc.org/ooxml/presentationml/main", "http://schemas.openxmlformats.org/presentationml/2006/main"),
    ("http://purl.oclc.org/ooxml/officeDocument/", "http://schemas.openxmlformats.org/officeDocument/2006/"),
    ("http://purl.oclc.org/ooxml/drawingml/", "http://schemas.openxmlformats.org/drawingml/2006/"),
]
OFFICE = "http://schemas.openxmlformats.org/"
PREFIXES = {
    OFFICE + "wordprocessingml/2006/main": "w", OFFICE + "spreadsheetml/2006/main": "x",
    OFFICE + "presentationml/2006/main": "p", OFFICE + "drawingml/2006/main": "a",
    OFFICE + "drawingml/2006/chart": "c", OFFICE + "drawingml/2006/picture": "pic",
    OFFICE + "drawingml/2006/diagram": "dgm", OFFICE + "drawingml/2006/wordprocessingDrawing": "wp",
    OFFICE + "drawingml/2006/spreadsheetDrawing": "xdr", OFFICE + "officeDocument/2006/relationships": "r",
    OFFICE + "officeDocument/2006/math": "m", OFFICE + "markup-compatibility/2006": "mc",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup": "wpg",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main": "x14",
    "http://schemas.microsoft.com/office/excel/2006/main": "xm",
    "urn:schemas-microsoft-com:vml": "v", "urn:schemas-microsoft-com:office:office": "o",
    "urn:schemas-microsoft-com:office:excel": "xo", "http://www.w3.org/XML/1998/namespace": "xml",
}


class Node:
    """An element with short names; of alternatives only what a new reader takes, in their parent's place."""

    def __init__(self, element, parent=None):
        self.name, self.parent, self.text, self.tail = short(element.tag), parent, element.text or "", element.tail or ""
        self.attributes = {short(name): value for name, value in element.attrib.items()}
        self.children = [Node(child, self) for child in flat(element)]

    def get(self, name, default=""):
        return self.attributes.get(name, default)

    def all(self, *names):
        for child in self.children:
            if child.name in names:
                yield child
            yield from child.all(*names)

    def first(self, *path):
        found = self
        for name in path:
            found = next((child for child in found.children if child.name == name), None)
            if found is None:
                return None
        return found

    def of(self, *names):
        return [child for child in self.children if child.name in names]

    def inside(self, *names):
        above = self.parent
        while above is not None and above.name not in names:
            above = above.parent
        return above


def plain(space):
    """A namespace in Transitional spelling."""
    for strict, transitional in STRICT:
        if space.startswith(strict):
            return transitional + space[len(strict):]
    return space


def short(name):
    space, _, local = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
    space = plain(space)
    return f"{PREFIXES.get(space, space)}:{local}" if space else local


def flat(element):
    for child in element:
        name = short(child.tag)
        if name == "mc:AlternateContent":
            choices = [one for one in child if short(one.tag) == "mc:Choice"] or list(child)
            yield from flat(choices[0])
        else:
            yield child


class Part:
    def __init__(self, package, name, role, parent):
        self.package, self.name, self.role, self.parent = package, name, role, parent
        self.bytes = package.archive.read(name)
        self.root = Node(ElementTree.fromstring(self.bytes)) if name.endswith((".xml", ".vml")) else None
        self.relations = package.relations(name)

    def to(self, identity):
        return self.package.parts.get(self.relations.get(identity, ("", "", ""))[1])


class Package:
    """Parts in the order in which relationships lead to them."""

    def __init__(self, path):
        self.archive, self.parts = zipfile.ZipFile(path), {}
        assert self.archive.testzip() is None, path
        self.follow("", None)

    def relations(self, source):
        folder, name = posixpath.split(source)
        path = posixpath.join(folder, "_rels", name + ".rels")
        if path not in self.archive.namelist():
            return {}
        rows = {}
        for row in ElementTree.fromstring(self.archive.read(path)):
            target, is_outside = row.get("Target"), row.get("TargetMode") == "External"
            whole = target if is_outside else posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            rows[row.get("Id")] = (row.get("Type").rsplit("/", 1)[1], whole, "out" if is_outside else "in")
        return rows

    def follow(self, source, parent):
        for kind, target, where in self.relations(source).values():
            if where == "in" and target not in self.parts and target in self.archive.namelist():
                self.parts[target] = Part(self, target, kind, parent)
                self.follow(target, self.parts[target])

    def role(self, *roles):
        return [part for part in self.parts.values() if part.role in roles]


def words(node):
    """The text that a reader sees of a paragraph: the base of ruby, no deleted text, no text of frames in it."""
    out = []
    for child in node.children:
        name = child.name
        if name in ("w:t", "m:t", "a:t"):
            out.append(child.text)
        elif name in ("w:br", "w:cr", "a:br"):
            out.append("\n")
        elif name == "w:tab" and child.parent.name == "w:r":
            out.append("\t")
        elif name == "w:sym":
            out.append(f"[{child.get('w:font')}:{child.get('w:char')}]")
        elif name in ("w:noBreakHyphen", "w:softHyphen"):
            out.append("‑" if name == "w:noBreakHyphen" else "\u00ad")
        elif name not in ("w:rt", "w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:drawing", "w:pict"):
            out.append(words(child))
    return "".join(out)


def drawn(part, tell):
    """Pictures, charts, directions of text: what drawings of all formats have."""
    for blip in part.root.all("a:blip"):
        owner = blip.inside("w:drawing", "xdr:pic", "p:pic")
        size = next(owner.all("wp:extent", "a:ext"))
        named = next((node for node in owner.all("wp:docPr", "xdr:cNvPr", "p:cNvPr")), None)
        tell("picture", pixels(part.to(blip.get("r:embed"))), f"{size.get('cx')}x{size.get('cy')}", named.get("descr"))
    for image in part.root.all("v:imagedata"):
        tell("picture", pixels(part.to(image.get("r:id"))), "", image.parent.get("alt"))
    for body in part.root.all("a:bodyPr", "wps:bodyPr"):
        if "vert" in body.attributes and part.role != "chart":
            tell("direction", "box", body.get("vert"))


def pixels(part):
    width, height = struct.unpack(">II", part.bytes[16:24]) if part.bytes.startswith(b"\x89PNG") else (0, 0)
    return f"{width}x{height}"


def charts(package, tell):
    for part in package.role("chart"):
        for title in part.root.all("c:title"):
            if title.parent.name == "c:chart":
                tell("chart title", words(title))
        for series in part.root.all("c:ser"):
            points = lambda name: [point.first("c:v").text for child in series.of(name) for point in child.all("c:pt")]
            pairs = [f"{label}={value}" for label, value in zip(points("c:cat"), points("c:val"))]
            tell("chart series", "".join(points("c:tx")), " ".join(pairs))


# Counts that nobody needs are not written, and notes get shapes of our own.
COUNTED = ("x:dataValidations", "x14:dataValidations", "x:tableParts")
OWN = ("vmlDrawing",)


def elements(package):
    """Every element with its parent, its attributes but ids of relationships, and its text, by the role of its part."""
    found = collections.Counter()

    def walk(node, role):
        ignored = ("mc:Ignorable", "conformance", "xml:space") + (("count",) if node.name in COUNTED else ())
        rows = [f"{k}={plain(v)}" for k, v in sorted(node.attributes.items()) if not k.startswith("r:") and k not in ignored]
        text = node.text if not node.children else node.text.strip()
        found[f"{role} {node.parent.name if node.parent else ''}/{node.name} {' '.join(rows)} {text}"] += 1
        for child in node.children:
            walk(child, role)

    for part in package.parts.values():
        if part.root is not None and part.role not in OWN:
            walk(part.root, part.role)
    return [f"{count} {what}" for what, count in sorted(found.items())]


def read(path, formats):
    package, facts = Package(path), []

    def tell(*fields):
        facts.append("\t".join(field.replace("\n", "\\n").replace("\t", "\\t") for field in fields))

    main = package.role("officeDocument")[0]
    formats[main.root.name](package, main, tell)
    charts(package, tell)
    for part in package.role("core-properties"):
        for node in part.root.children:
            tell("property", node.name.rsplit(":", 1)[1], node.text)
    return {"facts": facts, "elements": elements(package)}
