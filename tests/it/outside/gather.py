"""Files to wash, once each: what folders hold, and for mails their parts. gather.py TARGET FOLDER..."""
import email, email.policy, hashlib, json, os, sys

target, folders = sys.argv[1], sys.argv[2:]
KINDS = {"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics", "text/vcard": ".vcf"}
found, seen = [], set()


def keep(content, extension, origin):
    digest = hashlib.sha256(content).digest()
    if not content or (digest, extension) in seen:
        return
    seen.add((digest, extension))
    path = os.path.join(target, f"{len(found):04}{extension}")
    with open(path, "wb") as file:
        file.write(content)
    found.append({"path": path, "origin": origin})


def extension_of(name):
    extension = os.path.splitext(name)[1].lower()
    return extension if extension[1:].isascii() and extension[1:].isalnum() and len(extension) < 8 else ""


for folder in folders:
    for parent, below, names in os.walk(folder):
        below.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            origin = os.path.relpath(path, folder)
            if "expected" in origin.split(os.sep) or extension_of(name) in (".tsv", ".toml", ".md", ".json"):
                continue
            with open(path, "rb") as file:
                content = file.read()
            if extension_of(name) != ".eml":
                keep(content, extension_of(name), origin)
                continue
            try:
                parts = [part for part in email.message_from_bytes(content).walk() if not part.is_multipart()]
            except Exception:
                continue
            for number, part in enumerate(parts):
                try:
                    body = part.get_payload(decode=True)
                    extension = extension_of(part.get_filename() or "") or KINDS.get(part.get_content_type(), "")
                except Exception:
                    continue
                if extension != ".eml":
                    keep(body or b"", extension, f"{origin}#{number}")
json.dump(found, sys.stdout)
