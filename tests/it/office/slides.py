"""Facts of slides."""


def slides(package, main, tell):
    for node in main.root.of("p:sldSz"):
        tell("size", f"{node.get('cx')}x{node.get('cy')}")
    order = [main.relations[entry.get("r:id")][1] for entry in main.root.all("p:sldId")]
    authors = {a.get("id"): a.get("name") for part in package.role("commentAuthors") for a in part.root.of("p:cmAuthor")}
    for number, entry in enumerate(main.root.all("p:sldId"), 1):
        part = main.to(entry.get("r:id"))
        one(part, f"slide {number}", tell)
        for shape in part.root.all("p:sp"):
            holder = next(shape.all("p:ph"), None)
            if holder and holder.get("type") == "title":
                tell("title", str(number), "".join(words(p) for p in shape.all("a:p")))
        for link in part.root.all("a:hlinkClick"):
            kind, target, where = part.relations.get(link.get("r:id"), ("", "", ""))
            if where == "out":
                tell("link", target)
            elif kind == "slide":
                tell("jump", str(number), str(order.index(target) + 1))
        for step in part.root.all("p:set"):
            tell("step", "set", next(step.all("p:spTgt")).get("spid"))
        for step in part.root.all("p:transition"):
            tell("step", "transition", " ".join(child.name[2:] for child in step.children))
        for kind, target, _ in part.relations.values():
            other = package.parts.get(target)
            if kind == "notesSlide":
                one(other, f"notes {number}", tell)
            elif kind == "comments":
                for comment in other.root.of("p:cm"):
                    tell("comment", authors[comment.get("authorId")], comment.first("p:text").text)
            elif kind == "diagramData":
                one(other, "diagram", tell)
    for part in package.role("slideLayout"):
        one(part, "layout", tell)
    for part in package.role("slideMaster"):
        one(part, "master", tell)


def one(part, place, tell):
    for paragraph in part.root.all("a:p"):
        text = words(paragraph)
        if text:
            tell("text", place, text)
    for row in part.root.all("a:tr"):
        cells = []
        for cell in row.of("a:tc"):
            spans = [f"<{name}={cell.get(name)}>" for name in ("gridSpan", "rowSpan", "hMerge", "vMerge") if cell.get(name)]
            cells.append("/".join(words(p) for p in cell.all("a:p")) + "".join(spans))
        tell("row", "|".join(cells))
    if place not in ("layout", "master"):
        drawn(part, tell)


FORMATS = {"w:document": word, "x:workbook": sheet, "p:presentation": slides}
names = [name for name in sorted(os.listdir(sys.argv[1])) if not name.endswith(".txt")]
json.dump({name: read(os.path.join(sys.argv[1], name), FORMATS) for name in names}, sys.stdout)
