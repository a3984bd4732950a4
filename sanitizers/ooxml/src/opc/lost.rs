//! How people are told of parts and relationships that are not written.
//!
//! Refuses nothing. Invariant: everything that is left out has a code.

use sanitizer_api::Code;

/// By the end of a relationship's type.
const RELATIONS: &[(&str, Code)] = &[
    ("/vbaproject", Code::MacroRemoved),
    ("/wordvbadata", Code::MacroRemoved),
    ("/vbaprojectsignature", Code::MacroRemoved),
    ("/vbaprojectsignatureagile", Code::MacroRemoved),
    ("/vbaprojectsignaturev3", Code::MacroRemoved),
    ("/xlmacrosheet", Code::MacroRemoved),
    ("/xlintlmacrosheet", Code::MacroRemoved),
    ("/dialogsheet", Code::MacroRemoved),
    ("/attachedtoolbars", Code::MacroRemoved),
    ("/keymapcustomizations", Code::MacroRemoved),
    ("/oleobject", Code::EmbeddedObjectRemoved),
    ("/package", Code::EmbeddedObjectRemoved),
    ("/afchunk", Code::EmbeddedObjectRemoved),
    ("/video", Code::EmbeddedObjectRemoved),
    ("/audio", Code::EmbeddedObjectRemoved),
    ("/media", Code::EmbeddedObjectRemoved),
    ("/control", Code::ActiveContentRemoved),
    ("/ctrlprop", Code::ActiveContentRemoved),
    ("/activexcontrolbinary", Code::ActiveContentRemoved),
    ("/extensibility", Code::ActiveContentRemoved),
    ("/usercustomization", Code::ActiveContentRemoved),
    ("/webextensiontaskpanes", Code::ActiveContentRemoved),
    ("/webextension", Code::ActiveContentRemoved),
    ("/externallink", Code::ExternalReferenceRemoved),
    ("/externallinkpath", Code::ExternalReferenceRemoved),
    ("/connections", Code::ExternalReferenceRemoved),
    ("/querytable", Code::ExternalReferenceRemoved),
    ("/attachedtemplate", Code::ExternalReferenceRemoved),
    ("/subdocument", Code::ExternalReferenceRemoved),
    ("/frame", Code::ExternalReferenceRemoved),
    ("/mailmergesource", Code::ExternalReferenceRemoved),
    ("/mailmergeheadersource", Code::ExternalReferenceRemoved),
    ("/font", Code::FontRemoved),
    ("/extended-properties", Code::MetadataRemoved),
    ("/extendedproperties", Code::MetadataRemoved),
    ("/custom-properties", Code::MetadataRemoved),
    ("/customproperties", Code::MetadataRemoved),
    ("/core-properties", Code::MetadataRemoved),
    ("/thumbnail", Code::MetadataRemoved),
    ("/customxml", Code::MetadataRemoved),
    ("/customxmlprops", Code::MetadataRemoved),
    ("/printersettings", Code::MetadataRemoved),
    ("/people", Code::MetadataRemoved),
    ("/tags", Code::MetadataRemoved),
    ("/revisioninfo", Code::MetadataRemoved),
    ("/changesinfo", Code::MetadataRemoved),
    ("/websettings", Code::MetadataRemoved),
    ("/styleswitheffects", Code::MetadataRemoved),
    ("/chartstyle", Code::MetadataRemoved),
    ("/chartcolorstyle", Code::MetadataRemoved),
    ("/commentsextended", Code::MetadataRemoved),
    ("/commentsids", Code::MetadataRemoved),
    ("/commentsextensible", Code::MetadataRemoved),
    ("/diagramdrawing", Code::MetadataRemoved),
    ("/person", Code::MetadataRemoved),
    ("/threadedcomment", Code::MetadataRemoved),
    ("/calcchain", Code::MetadataRemoved),
    ("/sheetmetadata", Code::MetadataRemoved),
    ("/customproperty", Code::MetadataRemoved),
    ("/revisionheaders", Code::MetadataRemoved),
    ("/usernames", Code::MetadataRemoved),
    ("/volatiledependencies", Code::ExternalReferenceRemoved),
    ("/xmlmaps", Code::ExternalReferenceRemoved),
    ("/tablesinglecells", Code::ExternalReferenceRemoved),
    ("/origin", Code::SignatureRemoved),
    ("/signature", Code::SignatureRemoved),
];

/// By what a content type contains; of parts that nothing written leads to.
const TYPES: &[(&str, Code)] = &[
    ("vba", Code::MacroRemoved),
    ("macrosheet", Code::MacroRemoved),
    ("oleobject", Code::EmbeddedObjectRemoved),
    ("activex", Code::ActiveContentRemoved),
    ("obfuscatedfont", Code::FontRemoved),
    ("digital-signature", Code::SignatureRemoved),
    ("customxmlproperties", Code::MetadataRemoved),
];

/// The code for a relationship that is not written.
pub(crate) fn by_relation(kind: &str, is_outside: bool) -> Code {
    let kind = kind.to_ascii_lowercase();
    if is_outside {
        return Code::ExternalReferenceRemoved;
    }
    RELATIONS.iter().find(|(end, _)| kind.ends_with(end)).map_or(Code::UnknownPartRemoved, |(_, code)| *code)
}

/// The code for a part that nothing leads to.
pub(crate) fn by_type(content_type: &str) -> Code {
    TYPES.iter().find(|(piece, _)| content_type.contains(piece)).map_or(Code::UnknownPartRemoved, |(_, code)| *code)
}
