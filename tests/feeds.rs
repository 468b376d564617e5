//! Listings from companies' own systems: Excel, OpenDocument and JSON as well as CSV; and what must not be taken: a file
//! that was cut off, one that would empty the base, one that unpacks to more than it may.

use branchbox::clock::Clock;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::headoffice::store::{Place, Store, open, versions};
use branchbox::headoffice::{self, File, HeadOfficeError, Imported};
use branchbox::listings::import::{Rows, read};
use branchbox::listings::{Listing, PrivateFacts};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Map, Value};
use std::io::{Cursor, Write};
use std::sync::Arc;

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);
type Row = (Listing, PrivateFacts);

fn rows(n: usize) -> Vec<Row> {
    let mut rows = generate(n, 5, TODAY);
    rows[1].0.terms.agreement_until = Some(jiff::civil::date(2027, 3, 31));
    rows[2].0.pictures.photos = vec!["https://pictures.example/a.jpg?w=1;h=2".into(), "客廳 2.png".into()];
    rows[2].0.pictures.floor_plan = Some("plan.webp".into());
    rows
}

/// The cells of a CSV, heading first.
fn cells(rows: &[Row]) -> Vec<Vec<String>> {
    let csv = to_csv(rows);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// As somebody keeps it in Excel: a title above the heading, numbers as numbers, dates as dates, a sheet of notes first.
fn xlsx(rows: &[Row]) -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write(0, 0, "Updated by May on Friday").unwrap();
    let sheet = book.add_worksheet().set_name("放盤").unwrap();
    sheet.write(0, 0, "Listings of Harbour Realty").unwrap();
    let date = Format::new().set_num_format("d/m/yyyy");
    let cells = cells(rows);
    let text = ["ref", "unit", "owner_phone", "agent_licence", "negotiation_note"];
    for (r, row) in cells.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            let (at, column) = ((r as u32 + 2, c as u16), cells[0][c].as_str());
            match cell.parse::<f64>() {
                _ if r == 0 || cell.is_empty() => drop(sheet.write(at.0, at.1, cell).unwrap()),
                Ok(number) if !text.contains(&column) => drop(sheet.write(at.0, at.1, number).unwrap()),
                _ => match cell
                    .contains('-')
                    .then(|| cell.parse::<jiff::civil::Date>())
                    .transpose()
                    .ok()
                    .flatten()
                    .ok_or(())
                {
                    Ok(day) => {
                        let day =
                            ExcelDateTime::from_ymd(day.year() as u16, day.month() as u8, day.day() as u8)
                                .unwrap();
                        sheet.write_with_format(at.0, at.1, &day, &date).unwrap();
                    }
                    Err(_) => drop(sheet.write(at.0, at.1, cell).unwrap()),
                },
            }
        }
    }
    book.save_to_buffer().unwrap()
}

fn json(rows: &[Row], lines: bool) -> String {
    let cells = cells(rows);
    let object = |row: &Vec<String>| {
        let pairs = cells[0].iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        let value = |name: &str, cell: &str| match cell.parse::<i64>() {
            Ok(n) if name.ends_with("_hkd") || name.ends_with("_sqft") => Value::from(n),
            _ => Value::from(cell),
        };
        Value::Object(pairs.map(|(name, cell)| (name.clone(), value(name, cell))).collect::<Map<_, _>>())
    };
    let objects: Vec<Value> = cells[1..].iter().map(object).collect();
    match lines {
        true => objects.iter().map(|o| format!("{o}\n")).collect(),
        false => serde_json::to_string_pretty(&objects).unwrap(),
    }
}

fn same(read: &Rows, rows: &[Row]) {
    assert_eq!(read.rejected, []);
    for (read, row) in read.rows.iter().zip(rows) {
        assert_eq!(read.0, row.0);
        let private = |p: &PrivateFacts| {
            (p.owner_name.clone(), p.owner_phone.clone(), p.bottom_price_hkd, p.negotiation_note.clone())
        };
        assert_eq!(private(&read.1), private(&row.1));
    }
    assert_eq!(read.rows.len(), rows.len());
}

#[test]
fn a_spreadsheet_and_json_say_the_same_as_csv() {
    let rows = rows(60);
    same(&read(to_csv(&rows).as_bytes(), "a.csv", None).unwrap(), &rows);
    same(&read(&xlsx(&rows), "a.xlsx", None).unwrap(), &rows);
    same(&read(json(&rows, false).as_bytes(), "a.json", None).unwrap(), &rows);
    same(&read(json(&rows, true).as_bytes(), "a.jsonl", None).unwrap(), &rows);
    // By content, whatever the name.
    same(&read(&xlsx(&rows), "a.csv", None).unwrap(), &rows);
}

#[test]
fn pictures_are_named_in_three_ways_and_no_client_sees_the_names() {
    let mut rows = rows(4);
    let names = ["https://p.example/1.jpg".to_owned(), "2.jpg".to_owned()];
    rows[0].0.terms.advert_consent_until = Some(jiff::civil::date(2027, 4, 1));
    let json = |photos: Value| {
        let mut objects: Vec<Map<String, Value>> = serde_json::from_str(&json(&rows, false)).unwrap();
        objects[0].insert("photos".into(), photos);
        serde_json::to_string(&objects).unwrap()
    };
    for photos in [
        Value::from(names.to_vec()),
        Value::from("https://p.example/1.jpg; 2.jpg;"),
        Value::from("https://p.example/1.jpg\n 2.jpg"),
    ] {
        let read = read(json(photos.clone()).as_bytes(), "a.json", None).unwrap();
        assert_eq!((read.rejected, &read.rows[0].0.pictures.photos[..]), (vec![], &names[..]), "{photos}");
        let listing = &read.rows[0].0;
        let public = branchbox::listings::PublicListing::of(&Arc::new(listing.clone()), TODAY);
        for shown in [serde_json::to_string(&public).unwrap(), serde_json::to_string(listing).unwrap()] {
            for hidden in ["p.example", "2.jpg", "2027-04-01", "consent_until", "agreement_until"] {
                assert!(!shown.contains(hidden), "{hidden} in {shown}");
            }
        }
        for column in ["photos", "floor_plan", "agreement_until", "advert_consent_until"] {
            assert!(listing.public_value(column, TODAY).is_null(), "{column}");
        }
    }
    for (photos, words) in [
        (Value::from("../../etc/passwd"), "neither an https address nor the plain name"),
        (Value::from(vec!["a.jpg"; 41]), "41 photos"),
        (Value::from("https://user:word@p.example/1.jpg"), "user's name"),
    ] {
        let read = read(json(photos).as_bytes(), "a.json", None).unwrap();
        assert!(
            read.rejected.len() == 1 && read.rejected[0].to_string().contains(words),
            "{:?}",
            read.rejected
        );
    }
}

#[test]
fn a_bad_row_of_a_spreadsheet_is_named_by_its_row() {
    let mut bad = rows(10);
    bad[4].0.saleable_area_sqft = 0;
    let read = read(&xlsx(&bad), "a.xlsx", None).unwrap();
    assert_eq!((read.rows.len(), read.rejected.len()), (9, 1));
    // The heading is in row 3 of the sheet.
    assert_eq!((read.rejected[0].line, &read.rejected[0].reference), (8, &bad[4].0.reference));
}

#[test]
fn a_file_that_was_cut_off_is_refused_whole() {
    let rows = rows(40);
    let xlsx = xlsx(&rows);
    for cut in [xlsx.len() / 3, xlsx.len() / 2, xlsx.len() - 30] {
        let e = read(&xlsx[..cut], "a.xlsx", None).unwrap_err().to_string();
        assert!(e.contains("cut off") && e.contains("nothing was imported"), "{e}");
    }
    for text in [json(&rows, false), json(&rows, true)] {
        let e = read(&text.as_bytes()[..text.len() * 2 / 3], "a.json", None).unwrap_err().to_string();
        assert!(e.contains("breaks off") && e.contains("nothing was imported"), "{e}");
    }
    let csv = to_csv(&rows);
    let in_a_row = csv.rfind(',').unwrap() - 60;
    let e = read(&csv.as_bytes()[..in_a_row], "a.csv", None).unwrap_err().to_string();
    assert!(e.contains("breaks off in line 41") && e.contains("nothing was imported"), "{e}");
}

/// A ZIP file with a sheet of blanks.
fn bomb(megabytes: usize, parts: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for part in 0..parts {
        let options =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(format!("xl/worksheets/sheet{part}.xml"), options).unwrap();
        let blanks = vec![b' '; 1 << 20];
        (0..megabytes).for_each(|_| zip.write_all(&blanks).unwrap());
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let bomb_of = bomb(300, 1);
    assert!(bomb_of.len() < 1 << 20, "it is small: {}", bomb_of.len());
    let e = read(&bomb_of, "a.xlsx", None).unwrap_err().to_string();
    assert!(e.contains("unpacks to more than") && e.contains("nothing was imported"), "{e}");
    let e = read(&bomb(0, 2500), "a.xlsx", None).unwrap_err().to_string();
    assert!(e.contains("2500 parts"), "{e}");
    // Entities that would unfold are not unfolded.
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><x>&b;</x>";
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(laughs.as_bytes()).unwrap();
    assert!(read(&zip.finish().unwrap().into_inner(), "a.xlsx", None).is_err());
}

#[test]
fn a_file_of_a_hundred_megabytes_is_read_row_by_row() {
    let rows = rows(300);
    let csv = to_csv(&rows);
    let (heading, body) = csv.split_once('\n').unwrap();
    let mut text = format!("{heading}\n");
    let mut copies = 0;
    while text.len() < 100_000_000 {
        // Every reference is another one; every 300th row is broken.
        for line in body.lines() {
            let (reference, rest) = line.split_once(',').unwrap();
            text += &format!("{reference}-{copies},{rest}\n");
        }
        text += "broken,row\n";
        copies += 1;
    }
    let begun = std::time::Instant::now();
    let read = read(text.as_bytes(), "a.csv", None).unwrap();
    assert_eq!((read.rows.len(), read.rejected.len()), (300 * copies, copies));
    println!(
        "{} MB, {} rows in {:.1} s",
        text.len() / 1_000_000,
        read.rows.len(),
        begun.elapsed().as_secs_f64()
    );
}

struct Office {
    store: Store,
    authority: Arc<headoffice::authority::Authority>,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Office {
    async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::system());
        let opened = open(&Place::folder(folder.path()), &clock).await.unwrap();
        let authority = Arc::clone(opened.authorities.current());
        Self { store: opened.store, authority, clock, _folder: folder }
    }

    async fn import(&self, bytes: Vec<u8>, allow_removals: bool) -> Result<Imported, HeadOfficeError> {
        let file =
            File { name: "feed".into(), bytes, encoding: None, allow_removals, mode: Default::default() };
        headoffice::import(&self.store, &self.authority, &self.clock, file, "test").await
    }
}

#[tokio::test]
async fn a_feed_withdraws_only_what_it_means_to() {
    let office = Office::new().await;
    let rows = rows(60);
    office.import(xlsx(&rows), false).await.unwrap();

    // Less than half of it: cut between two rows, or one branch's own list.
    let e = office.import(to_csv(&rows[..20]).into_bytes(), false).await.unwrap_err().to_string();
    assert!(e.contains("withdraw 40 of 60 listings") && e.contains("--allow-removals"), "{e}");
    let (_, known) = office.store.read("read", versions::rows).await.unwrap();
    assert_eq!(known.len(), 60, "nothing was changed");
    let done = office.import(to_csv(&rows[..20]).into_bytes(), true).await.unwrap();
    assert_eq!(done.rows.removed.len(), 40);

    // A slip in a row withdraws nothing.
    office.import(to_csv(&rows).into_bytes(), false).await.unwrap();
    let mut slip = rows.clone();
    slip[7].0.saleable_area_sqft = -1;
    slip.remove(50);
    let done = office.import(to_csv(&slip).into_bytes(), false).await.unwrap();
    assert_eq!((done.rejected.len(), &done.kept), (1, &vec![rows[7].0.reference.clone()]));
    assert_eq!(done.rows.removed, [rows[50].0.reference.clone()]);
    let difference = office.store.read("read", |tx| versions::difference(tx, "")).await.unwrap().unwrap();
    assert_eq!(difference.lines.len(), 59);
    let bytes = branchbox::listings::wire::encode(
        &difference.manifest,
        difference.lines.iter().map(String::as_str),
        std::iter::empty(),
    );
    let update = branchbox::listings::wire::decode(&bytes).unwrap();
    branchbox::listings::wire::updated("", Default::default(), &update)
        .expect("its version is its content's");
}
