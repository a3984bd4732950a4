"""Facts of word processing documents."""

ROLES = {"officeDocument": "body", "header": "header", "footer": "footer", "footnotes": "footnotes", "endnotes": "endnotes"}
PLAIN = {"color", "sz", "szCs", "kern", "lang", "spacing", "rStyle", "rPrChange", "ins"}


def word(package, main, tell):
    styles = {}
    for part in package.role("styles"):
        for style in part.root.of("w:style"):
            styles[style.get("w:styleId")] = style.first("w:name").get("w:val")
            tell("style", style.first("w:name").get("w:val"))
    levels = numbering(package)
    for part in package.role(*ROLES, "comments"):
        for node in part.root.all("w:p"):
            paragraph(node, part, tell, styles, levels)
        marks(part, tell)
        tables(part, tell)
        fields(part, tell)
        controls(part, tell)
        drawn(part, tell)
    notes(package, tell)
    comments(package, main, tell)


def paragraph(node, part, tell, styles, levels):
    text = words(node)
    if not text:
        return
    box = node.inside("w:txbxContent") is not None
    if box or part.role in ROLES:
        tell("text", "box" if box else ROLES[part.role], text)
    properties = node.first("w:pPr")
    style = properties and properties.first("w:pStyle")
    if style and styles.get(style.get("w:val"), "").startswith("見出し"):
        tell("styled", styles[style.get("w:val")], text)
    number = properties and properties.first("w:numPr")
    if number:
        key = (number.first("w:numId").get("w:val"), number.first("w:ilvl").get("w:val"))
        tell("numbered", text, *levels[key])


def numbering(package):
    levels = {}
    for part in package.role("numbering"):
        kinds = {kind.get("w:abstractNumId"): kind for kind in part.root.of("w:abstractNum")}
        for number in part.root.of("w:num"):
            for level in kinds[number.first("w:abstractNumId").get("w:val")].of("w:lvl"):
                found = level.first("w:numFmt").get("w:val"), level.first("w:lvlText").get("w:val")
                levels[number.get("w:numId"), level.get("w:ilvl")] = found
    return levels


def marks(part, tell):
    for ruby in part.root.all("w:ruby"):
        tell("ruby", words(ruby.first("w:rubyBase")), "".join(t.text for t in ruby.first("w:rt").all("w:t")))
    for run in part.root.all("w:r"):
        properties, text = run.first("w:rPr"), words(run)
        for mark in properties.children if properties and text and run.inside("w:rt") is None else []:
            name = mark.name.split(":")[1]
            if mark.name.startswith("w:") and name not in PLAIN:
                values = sorted(f"{k.split(':')[1]}={v}" for k, v in mark.attributes.items() if k != "w:id")
                tell("mark", name, text, " ".join(values))
    for change in part.root.all("w:ins", "w:del", "w:moveFrom", "w:moveTo"):
        text = words(change) + "".join(node.text for node in change.all("w:delText"))
        if text:
            tell("changed", change.name[2:], change.get("w:author"), text)
    for direction in part.root.all("w:textDirection"):
        tell("direction", "cell" if direction.parent.name == "w:tcPr" else "section", direction.get("w:val"))
    for tag in part.root.all("w:smartTag", "w:customXml"):
        tell("tag", tag.get("w:element"))
    for letters in part.root.all("v:textpath"):
        if letters.get("string"):
            tell("letters", letters.get("string"))
    for box in part.root.all("v:textbox"):
        if "layout-flow:" in box.get("style"):
            tell("direction", "old box", box.get("style").split("layout-flow:")[1].split(";")[0])
    for page in part.root.all("w:pgSz"):
        columns = page.parent.first("w:cols")
        tell("page", f"{page.get('w:w')}x{page.get('w:h')}", page.get("w:orient"), columns.get("w:num"))
    for bookmark in part.root.all("w:bookmarkStart"):
        tell("bookmark", bookmark.get("w:name"))
    for equation in part.root.all("m:oMath"):
        tell("equation", words(equation))


def tables(part, tell):
    for row in part.root.all("w:tr"):
        cells = []
        for cell in row.of("w:tc"):
            properties, text = cell.first("w:tcPr"), "/".join(words(p) for p in cell.of("w:p") if words(p))
            span, merge = properties.first("w:gridSpan"), properties.first("w:vMerge")
            text += f"<{span.get('w:val')}>" if span else ""
            cells.append(text + (f"<{merge.get('w:val', 'continue')}>" if merge else ""))
        tell("row", "|".join(cells))


def fields(part, tell):
    for field in part.root.all("w:fldSimple"):
        tell("field", field.get("w:instr").strip(), words(field))
    for story in [part.root, *part.root.all("w:txbxContent")]:
        open_fields = []
        for run in story.all("w:r"):
            for child in run.children:
                kind = child.get("w:fldCharType") if child.name == "w:fldChar" else ""
                if kind == "begin":
                    open_fields.append(["", "", False])
                elif kind == "separate":
                    open_fields[-1][2] = True
                elif kind == "end":
                    instruction, result, _ = open_fields.pop()
                    tell("field", instruction.strip(), result)
                elif child.name == "w:instrText" and open_fields:
                    open_fields[-1][0] += child.text
                elif child.name == "w:t":
                    for field in open_fields:
                        field[1] += child.text if field[2] else ""


def controls(part, tell):
    for control in part.root.all("w:sdtPr"):
        name = control.first("w:alias").get("w:val")
        check, choices, date = control.first("w14:checkbox"), control.first("w:dropDownList"), control.first("w:date")
        if check:
            tell("check", name, check.first("w14:checked").get("w14:val"))
        elif choices:
            tell("choice", name, " ".join(f"{i.get('w:displayText')}={i.get('w:value')}" for i in choices.of("w:listItem")))
        elif date:
            values = date.first("w:dateFormat").get("w:val"), date.first("w:calendar").get("w:val")
            tell("date", name, date.get("w:fullDate"), *values)
        else:
            tell("control", name)
    for control in part.root.all("w:ffData"):
        values = [node.get("w:val") for node in control.all("w:default", "w:listEntry")]
        tell("old control", control.first("w:name").get("w:val"), " ".join(values))


def notes(package, tell):
    for part in package.role("footnotes", "endnotes"):
        for note in part.root.of("w:footnote", "w:endnote"):
            text = "/".join(words(p) for p in note.of("w:p"))
            if text:
                tell("note", part.role, note.get("w:id"), text)


def comments(package, main, tell):
    about, open_ranges = {}, []
    for node in main.root.all("w:commentRangeStart", "w:commentRangeEnd", "w:t"):
        if node.name == "w:commentRangeStart":
            open_ranges.append(node.get("w:id"))
        elif node.name == "w:commentRangeEnd":
            open_ranges.remove(node.get("w:id"))
        for number in open_ranges if node.name == "w:t" else []:
            about[number] = about.get(number, "") + node.text
    for part in package.role("comments"):
        for comment in part.root.of("w:comment"):
            text = "\n".join(words(p) for p in comment.of("w:p"))
            tell("comment", comment.get("w:author"), text, about.get(comment.get("w:id"), ""))
