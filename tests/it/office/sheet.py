"""Facts of spreadsheets."""


def sheet(package, main, tell):
    styles = formats(package)
    strings = [node for part in package.role("sharedStrings") for node in part.root.of("x:si")]
    for node in strings:
        said(node, tell)
    sheets = list(main.root.all("x:sheet"))
    for entry in sheets:
        tell("sheet", entry.get("name"), entry.get("state", "visible"))
        part = main.to(entry.get("r:id"))
        at = lambda kind, place, *more, name=entry.get("name"): tell(kind, f"{name}!{place}", *more)
        for row in part.root.all("x:row"):
            if row.get("hidden") == "1":
                at("hidden row", row.get("r"))
            for cell in row.of("x:c"):
                one_cell(cell, at, tell, strings, styles)
        shown(part, at)
        ruled(part, at)
        beside(part, at, tell)
    for name in main.root.all("x:definedName"):
        scope = sheets[int(name.get("localSheetId"))].get("name") if name.get("localSheetId") else ""
        tell("name", name.get("name"), scope, name.text)
    for properties in main.root.all("x:workbookPr"):
        if properties.get("date1904"):
            tell("date1904", properties.get("date1904"))


def formats(package):
    codes = {}
    for part in package.role("styles"):
        numbers = {n.get("numFmtId"): n.get("formatCode") for n in part.root.all("x:numFmt")}
        for at, style in enumerate(part.root.first("x:cellXfs").of("x:xf")):
            codes[str(at)] = numbers.get(style.get("numFmtId"), "")
    return codes


def text_of(node):
    return "".join(t.text for t in node.all("x:t") if t.parent.name != "x:rPh")


def said(node, tell):
    readings = [f"{r.get('sb')}-{r.get('eb')} {r.first('x:t').text}" for r in node.of("x:rPh")]
    if readings:
        tell("reading", text_of(node), *readings)
    for run in node.of("x:r"):
        tell("rich", run.first("x:t").text, " ".join(p.name[2:] for p in run.first("x:rPr").children))


def one_cell(cell, at, tell, strings, styles):
    place, kind, value, formula = cell.get("r"), cell.get("t", "n"), cell.first("x:v"), cell.first("x:f")
    if kind == "s":
        kind, content = "text", text_of(strings[int(value.text)])
    elif kind == "inlineStr":
        kind, content = "text", text_of(cell.first("x:is"))
    else:
        kind, content = "text" if kind == "str" else kind, value.text if value else None
    if content is not None:
        at("cell", place, kind, content)
    if formula:
        at("formula", place, formula.text or f"shared {formula.get('si')}")
    if cell.get("s") and styles.get(cell.get("s")):
        at("format", place, styles[cell.get("s")])


def shown(part, at):
    for node in part.root.all("x:mergeCell"):
        at("merged", node.get("ref"))
    for node in part.root.all("x:pane"):
        at("pane", node.get("state"), node.get("xSplit"), node.get("ySplit"), node.get("topLeftCell"))
    for node in part.root.all("x:col"):
        if node.get("hidden") == "1":
            at("hidden columns", f"{node.get('min')}-{node.get('max')}")
    for node in part.root.all("x:headerFooter"):
        for child in node.children:
            at("header", child.name[2:], child.text)
    for node in part.root.all("x:pageSetup"):
        at("page", node.get("orientation"), node.get("paperSize"))
    for node in part.root.all("x:brk"):
        at("break", f"{node.parent.name[2:5]} {node.get('id')}")
    for node in part.root.of("x:autoFilter"):
        at("filter", node.get("ref"), " ".join(f.get("val") for f in node.all("x:filter", "x:customFilter")))
    for node in part.root.all("x:hyperlink"):
        outside = part.relations.get(node.get("r:id"), ("", ""))[1]
        at("link", node.get("ref"), node.get("location") or outside)


def ruled(part, at):
    for rule in part.root.all("x:cfRule"):
        formula = rule.first("x:formula")
        at("rule", rule.parent.get("sqref"), rule.get("type"), formula.text if formula else "")
    for choice in part.root.all("x:dataValidation", "x14:dataValidation"):
        formula = next(choice.all("x:formula1", "xm:f"))
        places = choice.get("sqref") or next(choice.all("xm:sqref")).text
        at("choice", places, choice.get("type"), formula.text, choice.get("error"))


def beside(part, at, tell):
    for kind, target, _ in part.relations.values():
        other = part.package.parts.get(target)
        if kind == "comments":
            authors = [author.text for author in other.root.all("x:author")]
            for comment in other.root.all("x:comment"):
                at("comment", comment.get("ref"), authors[int(comment.get("authorId"))], text_of(comment))
        elif kind == "vmlDrawing":
            for note in other.root.all("xo:ClientData"):
                at("note", f"{note.first('xo:Row').text},{note.first('xo:Column').text}")
        elif kind == "table":
            table, filters = other.root, [node.get("val") for node in other.root.all("x:filter")]
            columns = "|".join(node.get("name") for node in table.all("x:tableColumn"))
            tell("table", table.get("displayName"), table.get("ref"), columns, " ".join(filters))
        elif kind == "drawing":
            drawn(other, tell)
            for paragraph in other.root.all("a:p"):
                tell("text", "drawing", words(paragraph))
