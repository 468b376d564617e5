//! The listing base as a file: what an import takes and refuses, and that a new base takes the old one's place whole.

use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::listings::PRIVATE_COLUMNS;
use branchbox::listings::base::{BaseError, load, replace};
use branchbox::listings::import::{ImportError, read};
use branchbox::reason::Reason;
use branchbox::store::{Database, open_records, private_facts};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

fn csv() -> String {
    to_csv(&generate(60, 7, TODAY))
}

/// The CSV with one cell of one row (0 is the first listing) changed.
fn with_cell(text: &str, row: usize, column: &str, value: &str) -> String {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heading = reader.headers().unwrap().clone();
    let at = heading.iter().position(|h| h == column).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&heading).unwrap();
    for (i, record) in reader.records().map(Result::unwrap).enumerate() {
        let cells = record.iter().enumerate().map(|(c, cell)| if (i, c) == (row, at) { value } else { cell });
        writer.write_record(cells).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

struct Branch {
    data: DataFolder,
    db: Database,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Branch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::new(folder.path());
        let db = open_records(data.path(), &data.records_key()).unwrap();
        Self { data, db, clock: Clock::fixed("2026-11-22T02:00:00Z".parse().unwrap()), _folder: folder }
    }
    async fn take(&self, text: &str) -> Result<branchbox::listings::base::Replaced, BaseError> {
        let rows = read(text.as_bytes(), "test.csv", None).unwrap();
        replace(&self.data, &self.db, rows.rows, "test.csv", &self.clock).await
    }
}

#[test]
fn a_generated_base_comes_back_from_its_csv_unchanged() {
    let rows = generate(400, 1, TODAY);
    let read = read(to_csv(&rows).as_bytes(), "demo.csv", None).unwrap();
    assert_eq!(read.rejected, []);
    assert!(read.rows == rows);
}

#[tokio::test]
async fn every_row_is_accounted_for() {
    let branch = Branch::new();
    let first = branch.take(&csv()).await.unwrap();
    assert_eq!((first.taken.len(), first.changed.len(), first.unchanged.len()), (60, 0, 0));

    let dearer = with_cell(&csv(), 3, "management_fee_hkd_month", "99999");
    let short: String = dearer.lines().take(59).map(|l| format!("{l}\n")).collect();
    let second = branch.take(&short).await.unwrap();
    assert_eq!(
        (second.taken.len(), second.changed.len(), second.unchanged.len(), second.removed.len()),
        (0, 1, 57, 2)
    );
    let base = load(&branch.data.listings()).unwrap().unwrap();
    assert_eq!((base.listings.len(), &base.version), (58, &second.version));
}

#[tokio::test]
async fn private_columns_go_to_the_encrypted_store_and_nowhere_else() {
    let branch = Branch::new();
    let rows = read(csv().as_bytes(), "test.csv", None).unwrap();
    let (listing, private) = rows.rows[0].clone();
    branch.take(&csv()).await.unwrap();
    let (_, named) = branchbox::listings::base::private_rows(&branch.data.listings()).unwrap().unwrap();
    let row = named[&listing.reference];
    let kept = branch.db.read("read", move |c| private_facts::get(c, row)).await.unwrap().unwrap();
    assert!(kept == private);
    let public = std::fs::read(branch.data.listings()).unwrap();
    let holds = |bytes: &[u8], what: &str| bytes.windows(what.len()).any(|w| w == what.as_bytes());
    for row in &rows.rows {
        assert!(!holds(&public, &row.1.owner_phone));
    }
    assert!(PRIVATE_COLUMNS.iter().all(|c| !holds(&public, c)));
    let records = std::fs::read(branch.data.path().join("records.db")).unwrap();
    assert!(!records.starts_with(b"SQLite format 3"), "records.db is not encrypted");
    assert!(!holds(&records, &private.owner_phone));
}

#[test]
fn a_price_of_面議_is_rejected_with_line_column_and_reason() {
    let text = with_cell(&with_cell(&csv(), 4, "sale_price_hkd", "面議"), 4, "floor", "");
    let rows = read(text.as_bytes(), "test.csv", None).unwrap();
    assert_eq!((rows.rows.len(), rows.rejected.len()), (59, 1));
    let sentence = rows.rejected[0].to_string();
    assert!(sentence.starts_with("line 6 ("), "{sentence}");
    assert!(sentence.contains("sale_price_hkd \"面議\" is not a whole number"), "{sentence}");
    assert!(sentence.contains("floor is empty"), "{sentence}");
}

#[test]
fn a_duplicate_reference_names_the_line_of_the_first() {
    let first = csv().lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let text = with_cell(&csv(), 9, "ref", &first);
    let rows = read(text.as_bytes(), "test.csv", None).unwrap();
    assert_eq!(rows.rejected.len(), 1);
    assert!(rows.rejected[0].to_string().contains("stands in line 2 already"), "{}", rows.rejected[0]);
}

#[test]
fn a_missing_column_refuses_the_file_in_one_sentence() {
    let text = csv().replacen("saleable_area_sqft", "area", 1);
    let e = read(text.as_bytes(), "base.csv", None).unwrap_err();
    assert!(
        matches!(&e, ImportError(Reason::ImportColumns { columns, .. }) if columns == "saleable_area_sqft")
    );
    assert_eq!(e.to_string().lines().count(), 1);
}

#[test]
fn a_wrong_encoding_is_named_and_can_be_chosen() {
    let (big5, _, lossy) = encoding_rs::BIG5.encode("ref,estate_zh\nTS-1,太古城\n");
    assert!(!lossy);
    let e = read(&big5, "base.csv", None).unwrap_err().to_string();
    assert!(e.contains("looks like Big5") && e.contains("--encoding big5"), "{e}");
    // Named, it is read: what is wrong now is the heading.
    let e = read(&big5, "base.csv", Some("big5")).unwrap_err();
    assert!(matches!(e, ImportError(Reason::ImportColumns { .. })), "{e}");

    let utf16: Vec<u8> = "\u{feff}ref,estate_zh\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let e = read(&utf16, "base.csv", None).unwrap_err().to_string();
    assert!(e.contains("looks like UTF-16LE"), "{e}");
    let e = read(b"ref\n\xff\xfe\x81", "base.csv", None).unwrap_err().to_string();
    assert!(e.contains("not UTF-8"), "{e}");
}

#[test]
fn a_file_from_windows_has_the_same_lines() {
    let text = with_cell(&csv(), 4, "floor", "x").replace('\n', "\r\n");
    let rows = read(format!("\u{feff}{text}").as_bytes(), "test.csv", None).unwrap();
    assert_eq!((rows.lines[0], rows.rejected[0].line), (2, 6));
}

#[test]
fn a_broken_row_does_not_take_its_neighbours_with_it() {
    let mut lines: Vec<String> = csv().lines().map(str::to_owned).collect();
    lines[5] = "only,three,cells".into();
    let rows = read(lines.join("\n").as_bytes(), "base.csv", None).unwrap();
    assert_eq!((rows.rows.len(), rows.rejected[0].line), (59, 6));
}

#[tokio::test]
async fn an_empty_base_never_replaces_one() {
    let branch = Branch::new();
    branch.take(&csv()).await.unwrap();
    let e = replace(&branch.data, &branch.db, Vec::new(), "x", &branch.clock).await.unwrap_err();
    assert!(matches!(e, BaseError::Empty));
    let heading = csv().lines().next().unwrap().to_owned();
    assert!(matches!(read(heading.as_bytes(), "x.csv", None), Err(ImportError(Reason::ImportEmpty { .. }))));
    assert_eq!(load(&branch.data.listings()).unwrap().unwrap().listings.len(), 60);
}
