//! Every reason there is: its code on the wire and what fills its sentence. The sentences are in the files beside this one.

use serde_json::{Map, Value, json};

/// Defines the reasons once: the enum, their codes, and their values as JSON.
macro_rules! reasons {
    ($($name:ident $({ $($arg:ident: $ty:ty),* })? = $code:literal,)*) => {
        /// Why something was not done. `en.json` says what each means.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Reason { $($name $({ $($arg: $ty),* })?),* }

        impl Reason {
            /// Every code, with the names of what fills its sentence.
            pub const CODES: &[(&str, &[&str])] = &[$(($code, &[$($(stringify!($arg)),*)?])),*];

            /// The code, which stays the same whatever the sentences become.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code),* }
            }

            /// What fills the sentence, by name.
            pub fn args(&self) -> Map<String, Value> {
                match self {
                    $(Self::$name $({ $($arg),* })? => Map::from_iter([
                        $($((stringify!($arg).to_owned(), json!($arg))),*)?
                    ]),)*
                }
            }
        }
    };
}

reasons! {
    // One cell of a row; the sentence goes on after the column's name.
    Empty = "empty",
    TooLong { most: usize } = "too_long",
    ControlCharacter = "control_character",
    NumberEmpty = "number_empty",
    NumberWrong = "number_wrong",
    NumberNegative = "number_negative",
    DateWrong = "date_wrong",
    WordEmpty { words: String } = "word_empty",
    WordWrong { words: String } = "word_wrong",
    RefEmpty = "ref_empty",
    Double { line: u64 } = "double",
    DoubleIn { file: String, line: u64 } = "double_in",
    NoArea = "no_area",
    TooManyPhotos { count: usize, most: usize } = "too_many_photos",
    // A whole row.
    CellCount { cells: usize, heading: usize } = "cell_count",

    // Why a file of a table is refused whole: whole sentences.
    ImportRefused { file: String, why: Box<Reason> } = "import_refused",
    ImportColumns { file: String, columns: String } = "import_columns",
    ImportDoubleColumn { file: String, column: String } = "import_double_column",
    ImportEmpty { file: String } = "import_empty",
    ImportCsv { file: String, line: u64, error: String } = "import_csv",
    ImportCutOff { file: String, line: u64, why: Box<Reason> } = "import_cut_off",
    ImportJson { file: String, line: usize, error: String } = "import_json",
    ImportJsonCutOff { file: String, objects: u64 } = "import_json_cut_off",
    ImportNone { file: String, rejected: usize } = "import_none",
    ImportWithdraws { file: String, removed: usize, known: usize } = "import_withdraws",
    ImportOvertaken { file: String, tries: usize } = "import_overtaken",
    // How a file was cut off.
    CutInCell = "cut_in_cell",
    CutInRow = "cut_in_row",
    // What is wrong with a text or a spreadsheet; the sentence goes on after the file's name.
    EncodingUnknown { name: String } = "encoding_unknown",
    EncodingNotThroughout { name: String } = "encoding_not_throughout",
    EncodingNone { line: usize } = "encoding_none",
    EncodingOther { name: String, option: String } = "encoding_other",
    SpreadsheetUnreadable { error: String } = "spreadsheet_unreadable",
    SpreadsheetUnpacked { error: String } = "spreadsheet_unpacked",
    SpreadsheetParts { count: usize } = "spreadsheet_parts",
    SpreadsheetBomb { part: String, packed: u64, mb: u64 } = "spreadsheet_bomb",
    SpreadsheetNoHeading { columns: String } = "spreadsheet_no_heading",
    SheetUnreadable { sheet: String, error: String } = "sheet_unreadable",
    SheetTooWide { sheet: String, column: u32, most: u32 } = "sheet_too_wide",

    // What a picture is called.
    ReferenceUnreadable = "reference_unreadable",
    ReferenceNotHttps = "reference_not_https",
    ReferenceNotAnAddress = "reference_not_an_address",
    ReferenceWithUser = "reference_with_user",
    ReferenceNeither = "reference_neither",

    // The branch's scripts and words.
    ScriptUnnamed = "script_unnamed",
    PriorityWrong = "priority_wrong",
    NoTrigger = "no_trigger",
    TriggerTooLong { most: usize } = "trigger_too_long",
    TriggerTaken { script: String, file: String, line: u64 } = "trigger_taken",
    TriggerRefused { rule: String } = "trigger_refused",
    TriggerOfListings = "trigger_of_listings",
    NoAnswer = "no_answer",
    AnswerTooLong { count: usize, most: usize } = "answer_too_long",
    WordKindWrong = "word_kind_wrong",
    WordTooShort = "word_too_short",
    PlaceUnknown = "place_unknown",
    PlaceUnknownLike { like: String } = "place_unknown_like",
    PhraseUnknown = "phrase_unknown",
    PhraseUnknownLike { like: String } = "phrase_unknown_like",
    WordHasMeaning { meaning: String } = "word_has_meaning",
    WordHasOtherMeaning { meaning: String } = "word_has_other_meaning",
    WordIsPlace { place: String } = "word_is_place",

    // A file of the watched folder; the sentence goes on after its name.
    FileGrowing = "file_growing",
    FileLink = "file_link",
    FileUnopened { error: String } = "file_unopened",
    FileLocked = "file_locked",
    FileUnreadable { error: String } = "file_unreadable",
    FileBeingWritten = "file_being_written",
    FileEmpty = "file_empty",
    FileTooLarge { mb: u64, largest: u64 } = "file_too_large",

    // What a picture is by its content; the sentence goes on after where it is from.
    ImageUnknown = "image_unknown",
    ImageDamaged = "image_damaged",
    ImageWithoutSize = "image_without_size",
    ImageTooLarge { width: u32, height: u32, side: u32, million: u64 } = "image_too_large",

    // Why a picture could not be fetched: whole sentences.
    PictureLate = "picture_late",
    PictureAddress { error: String } = "picture_address",
    PictureScheme = "picture_scheme",
    PictureOtherScheme { host: String } = "picture_other_scheme",
    PictureUnencrypted { host: String } = "picture_unencrypted",
    PictureHostUnknown { host: String } = "picture_host_unknown",
    PictureHostPrivate { host: String } = "picture_host_private",
    PictureSentOn { host: String, why: Box<Reason> } = "picture_sent_on",
    PictureSentNowhere { host: String } = "picture_sent_nowhere",
    PictureSentRound { host: String, hops: usize } = "picture_sent_round",
    PictureTrust { error: String } = "picture_trust",
    PictureNoConnection { error: String } = "picture_no_connection",
    PictureNotThere { host: String, status: String } = "picture_not_there",
    PictureForbidden { host: String, status: String } = "picture_forbidden",
    PictureStatus { host: String, status: String } = "picture_status",
    PictureTooLarge { host: String, mb: usize } = "picture_too_large",
    PictureHostSlow { host: String } = "picture_host_slow",
    PictureBreaksOff { host: String } = "picture_breaks_off",
    PictureHostUnreached { host: String, error: String } = "picture_host_unreached",
    PictureOfHost { host: String, why: Box<Reason> } = "picture_of_host",
    PictureOfFolder { why: Box<Reason> } = "picture_of_folder",
    PictureUnlooked { error: String } = "picture_unlooked",
    PictureNoFolder = "picture_no_folder",
    PicturesNoFolder = "pictures_no_folder",
    PictureReference { why: Box<Reason> } = "picture_reference",
    PictureNoFile = "picture_no_file",
    PictureNotPlain = "picture_not_plain",
    PictureFileTooLarge { mb: usize } = "picture_file_too_large",
    PictureFolderUnreadable { error: String } = "picture_folder_unreadable",
    PictureFileUnreadable { error: String } = "picture_file_unreadable",

    // What is wrong with the line to head office: whole sentences.
    LineUnreachable { url: String, error: String } = "line_unreachable",
    LineUnknownAuthority { url: String } = "line_unknown_authority",
    LineWrongName { url: String } = "line_wrong_name",
    LineOutOfDate { url: String } = "line_out_of_date",
    LineUnsignedTime { url: String } = "line_unsigned_time",
    LineOurCertificate { url: String } = "line_our_certificate",
    LineNotHeadOffice { url: String, error: String } = "line_not_head_office",

    // Why a release is offered to nobody any more.
    ReleaseByHand = "release_by_hand",
    ReleaseFailed { branch: String } = "release_failed",
    ReleaseSilent { branch: String } = "release_silent",
}
