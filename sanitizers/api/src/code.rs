//! The codes a worker may speak, spelled as in the gateway's table of reasons (a test there compares both).

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])+ $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])+ $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The spelling on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

codes! {
    /// A finding or a refusal.
    Code {
        /// The body was HTML.
        HtmlToText = "html_to_text",
        /// Pictures shown in the body were left out.
        RemoteImageRemoved = "remote_image_removed",
        /// Links were written out so that they cannot be clicked.
        LinkDisabled = "link_disabled",
        /// A link showed another address than the one it led to.
        LinkMismatch = "link_mismatch",
        /// Text that people would not have seen was dropped.
        HiddenTextRemoved = "hidden_text_removed",
        /// Control characters and reordering code points were dropped.
        ControlRemoved = "control_removed",
        /// Scripts, forms and other active content was dropped.
        ActiveContentRemoved = "active_content_removed",
        /// The text was written anew as UTF-8.
        TextRebuilt = "text_rebuilt",
        /// The character set was missing or wrong and was found from the bytes.
        CharsetGuessed = "charset_guessed",
        /// Some bytes have no reading in their character set.
        Undecodable = "undecodable",
        /// Cells that a spreadsheet would run as formulas were made plain.
        FormulaNeutralised = "formula_neutralised",
        /// A table has characters without a code in CP932 and is UTF-8 instead.
        EncodingKept = "encoding_kept",
        /// Text was cut at a limit.
        TextTruncated = "text_truncated",
        /// HTML over the limit lost its tags only; text that its reader would not have seen may be among the rest.
        HtmlStripped = "html_stripped",
        /// Name and content disagree.
        TypeMismatch = "type_mismatch",
        /// No way to rebuild this format.
        UnsupportedFormat = "unsupported_format",
        /// A password protects the content.
        PasswordRequired = "password_required",
        /// A password that was given opened the file.
        PasswordOpened = "password_opened",
        /// None of the passwords that were given opens the file.
        WrongPassword = "wrong_password",
        /// The structure of the mail can be read in more than one way.
        AmbiguousStructure = "ambiguous_structure",
        /// Characters of the sender's own making (gaiji) that the site's table does not know.
        Gaiji = "gaiji",
        /// A signature that the rebuilt mail no longer has; it was not checked.
        SignatureRemoved = "signature_removed",
        /// Encrypted to a key (S/MIME, OpenPGP): nothing of it can be checked.
        EncryptedMail = "encrypted_mail",
        /// One piece of a mail that was sent in several (message/partial).
        PartialMessage = "partial_message",
        /// The content lies elsewhere (message/external-body).
        ExternalBody = "external_body",
        /// A mail inside the mail was turned into text.
        EnclosedMail = "enclosed_mail",
        /// A file that stood inside a text (uuencode) was taken out of it.
        InlineFileExtracted = "inline_file_extracted",
        /// A calendar was written anew with its safe fields.
        CalendarRebuilt = "calendar_rebuilt",
        /// An address card was written anew with its safe fields.
        ContactRebuilt = "contact_rebuilt",
        /// A delivery report or read receipt was turned into text.
        ReportToText = "report_to_text",
        /// A document was written anew.
        DocumentRebuilt = "document_rebuilt",
        /// Macros were dropped.
        MacroRemoved = "macro_removed",
        /// Objects of other programs were dropped; their pictures may remain.
        EmbeddedObjectRemoved = "embedded_object_removed",
        /// References to files or sites outside of the document were dropped.
        ExternalReferenceRemoved = "external_reference_removed",
        /// Fields that fetch or run something were replaced by what they showed.
        FieldFlattened = "field_flattened",
        /// Formulas that are not on the list were replaced by their values.
        FormulaFlattened = "formula_flattened",
        /// Sheets that no menu shows were made visible.
        HiddenSheetShown = "hidden_sheet_shown",
        /// Embedded fonts were dropped.
        FontRemoved = "font_removed",
        /// Parts that are not on the list were dropped.
        UnknownPartRemoved = "unknown_part_removed",
        /// A picture was decoded and encoded anew.
        ImageRebuilt = "image_rebuilt",
        /// A picture that cannot be rebuilt was replaced by a mark.
        ImageReplaced = "image_replaced",
        /// Of a moving picture the first frame remains.
        AnimationRemoved = "animation_removed",
        /// Details that the picture does not show were dropped.
        MetadataRemoved = "metadata_removed",
        /// Bytes before or behind the file proper were dropped.
        TrailingDataRemoved = "trailing_data_removed",
        /// A picture shows a QR code.
        QrCodeFound = "qr_code_found",
        /// An archive was written anew as zip.
        ArchiveRebuilt = "archive_rebuilt",
        /// Some members of an archive were kept back.
        ArchiveMemberRemoved = "archive_member_removed",
        /// Over a size limit.
        TooLarge = "too_large",
        /// Over a count limit.
        TooManyFiles = "too_many_files",
        /// Over a nesting limit.
        TooDeep = "too_deep",
        /// Not what its type says.
        Corrupt = "corrupt",
        /// A sanitizer failed on its input.
        ConvertFailed = "convert_failed",
    }
}

codes! {
    /// The family of a real type.
    Class {
        /// Plain text, CSV and the like.
        Text = "text",
        /// HTML and other mark-up that a browser would run.
        Markup = "markup",
        /// Word processing, sheets, slides, PDF.
        Document = "document",
        /// Pictures.
        Image = "image",
        /// Containers of files.
        Archive = "archive",
        /// A mail as a file.
        Mail = "mail",
        /// Sound and film.
        Media = "media",
        /// Drawings of CAD programs.
        Drawing = "drawing",
        /// Programs.
        Executable = "executable",
        /// Source that a system runs when opened.
        Script = "script",
        /// Shortcuts and other files that open something else.
        Shortcut = "shortcut",
        /// Disk images.
        DiskImage = "disk_image",
        /// Keys, certificates and signatures.
        Crypto = "crypto",
        /// Nothing known.
        Unknown = "unknown",
    }
}

codes! {
    /// Why the structure of a mail can be read in more than one way.
    Flag {
        /// A mail without any header.
        HeaderAbsent = "header_absent",
        /// A line among headers that is none.
        HeaderWithoutColon = "header_without_colon",
        /// NUL among headers.
        HeaderNul = "header_nul",
        /// A carriage return alone among headers.
        HeaderBareCr = "header_bare_cr",
        /// Some header lines end in a line feed alone, others do not.
        HeaderBareLf = "header_bare_lf",
        /// A folded line of blanks only, or one that folds nothing.
        HeaderFoldOdd = "header_fold_odd",
        /// Headers that no blank line ends.
        HeaderUnterminated = "header_unterminated",
        /// A blank between the name of a header and its colon.
        HeaderSpaceBeforeColon = "header_space_before_colon",
        /// A header's name with characters that no name has.
        HeaderNameInvalid = "header_name_invalid",
        /// A Content-* header twice.
        DuplicateContentField = "duplicate_content_field",
        /// MIME-Version twice.
        DuplicateMimeVersion = "duplicate_mime_version",
        /// From twice.
        DuplicateFrom = "duplicate_from",
        /// Subject twice.
        DuplicateSubject = "duplicate_subject",
        /// Another header twice that a mail has once.
        DuplicateHeader = "duplicate_header",
        /// A parameter twice.
        DuplicateParameter = "duplicate_parameter",
        /// A parameter that does not read.
        MalformedParameter = "malformed_parameter",
        /// The plain and the extended form (RFC 2231) of a parameter disagree.
        ParameterFormsDisagree = "parameter_forms_disagree",
        /// A comment where readers look for a type or a boundary.
        CommentInStructure = "comment_in_structure",
        /// An encoded word where readers look for a type, an encoding or a boundary.
        EncodedWordInStructure = "encoded_word_in_structure",
        /// A Content-Type without a type that reads.
        MediaTypeMalformed = "media_type_malformed",
        /// A transfer encoding that nobody knows.
        TransferEncodingUnknown = "transfer_encoding_unknown",
        /// A transfer encoding with comments, parameters or other additions.
        TransferEncodingDecorated = "transfer_encoding_decorated",
        /// A multipart that says it is encoded.
        TransferEncodingOnMultipart = "transfer_encoding_on_multipart",
        /// A multipart without a boundary.
        BoundaryAbsent = "boundary_absent",
        /// A multipart with an empty boundary.
        BoundaryEmpty = "boundary_empty",
        /// A boundary over 70 characters.
        BoundaryTooLong = "boundary_too_long",
        /// A boundary of characters that readers cut or keep differently.
        BoundaryOdd = "boundary_odd",
        /// A boundary that never occurs.
        BoundaryNotFound = "boundary_not_found",
        /// A multipart without its end.
        BoundaryNotClosed = "boundary_not_closed",
        /// A boundary that another one begins with.
        BoundaryPrefix = "boundary_prefix",
        /// A boundary that an enclosing multipart has too.
        BoundarySameAsOuter = "boundary_same_as_outer",
        /// A line that only some readers take for a delimiter.
        DelimiterOdd = "delimiter_odd",
        /// Much text before the first part or behind the last.
        TextOutsideParts = "text_outside_parts",
        /// What looks like a part before the first part or behind the last.
        PartOutsideParts = "part_outside_parts",
        /// Parts in something that does not say it has any.
        StructureUndeclared = "structure_undeclared",
        /// An encoded file in what reads as text of an ambiguous mail.
        EncodedFileInText = "encoded_file_in_text",
        /// Base64 with characters outside its alphabet.
        Base64Malformed = "base64_malformed",
        /// Base64 that goes on behind its padding.
        Base64AfterPadding = "base64_after_padding",
        /// Quoted-printable with escapes that are none.
        QuotedPrintableIllegal = "quoted_printable_illegal",
        /// The names of a file disagree.
        NamesDisagree = "names_disagree",
        /// Two character sets for one text.
        CharsetDuplicate = "charset_duplicate",
        /// A character set that nobody knows.
        CharsetUnknown = "charset_unknown",
        /// UTF-7, which hides characters in letters.
        CharsetUtf7 = "charset_utf7",
        /// UTF-16, which not every reader expects in a mail.
        CharsetUtf16 = "charset_utf16",
    }
}
