//! An invented listing base: real names of Hong Kong estates, invented units, owners and prices.
//!
//! The same seed gives the same base, so that a screenshot, a test and a bug report speak of the same flat. What an
//! estate is (district, year, station, price level) is in `estates.csv`; what a unit is, is drawn here. Owners'
//! numbers begin with 5000, which no operator has given out. A base too large for the real estates has invented ones
//! beside them, so that it has as many names as a real one of its size (`estate_names.toml`).

use crate::chance::Chance;
use crate::listings::{
    COLUMNS, Deal, FloorBand, Furnished, KeyStatus, Listing, OPTIONAL_COLUMNS, PRIVATE_COLUMNS, Parking,
    Pets, Pictures, Premium, PrivateFacts, Status, Tenancy, Terms, YesNo, cell::Cell,
};
use jiff::{ToSpan, civil::Date};

const ESTATES: &str = include_str!("estates.csv");
const ESTATE_NAMES: &str = include_str!("estate_names.toml");
/// From this many listings on, invented estates join the real ones: one for so many listings.
const REAL_ESTATES_UP_TO: usize = 10_000;
const LISTINGS_AN_ESTATE: usize = 50;
const FACILITIES: &[(&str, &str, &str)] = &[
    ("pool", "泳池", "swimming pool"),
    ("indoorpool", "室內泳池", "indoor pool"),
    ("gym", "健身室", "gym"),
    ("tennis", "網球場", "tennis court"),
    ("squash", "壁球室", "squash court"),
    ("badminton", "羽毛球場", "badminton court"),
    ("playroom", "兒童遊樂室", "children's playroom"),
    ("cinema", "影視廳", "private cinema"),
];
const ORIENTATIONS: &[(&str, &str)] = &[
    ("東", "East"),
    ("南", "South"),
    ("西", "West"),
    ("北", "North"),
    ("東南", "South-east"),
    ("西南", "South-west"),
    ("東北", "North-east"),
    ("西北", "North-west"),
];
const VIEWS: &[(&str, &str)] = &[
    ("海景", "sea"),
    ("山景", "mountain"),
    ("園景", "garden"),
    ("樓景", "building"),
    ("泳池景", "pool"),
    ("市景", "city"),
];
const DECORATIONS: &[(&str, &str)] = &[
    ("", ""),
    ("企理", "tidy"),
    ("新裝", "newly renovated"),
    ("豪華裝修", "luxury fit-out"),
    ("原裝", "original condition"),
];
const SURNAMES: &[&str] = &["陳", "黃", "李", "張", "何", "羅", "鄭", "梁", "吳", "劉", "葉", "馮"];
const TITLES: &[&str] = &["先生", "小姐", "太太"];
const NOTES: &[&str] = &["業主急放", "可議少少", "不議價", "等換樓"];
const AGENTS: &[(&str, &str, &str)] = &[
    ("周子軒", "Jason Chow", "S-500201"),
    ("林穎欣", "Wing Lam", "E-500202"),
    ("馬俊傑", "Kit Ma", "S-500203"),
    ("蔡曉彤", "Hilary Choi", "E-500204"),
];
const ROOMS_ZH: &[&str] = &["開放式", "一房", "兩房", "三房", "四房"];

/// What is drawn by seed.
struct Draw(Chance);

impl Draw {
    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.0.next() % (high - low + 1).unsigned_abs()) as i64
    }
    fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }
    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.between(0, list.len() as i64 - 1) as usize]
    }
}

/// Makes `count` listings as of `today`. No two share an address.
pub fn generate(count: usize, seed: u64, today: Date) -> Vec<(Listing, PrivateFacts)> {
    let mut estates = estates();
    let mut draw = Draw(Chance(seed));
    if count > REAL_ESTATES_UP_TO {
        invent_estates(&mut estates, count / LISTINGS_AN_ESTATE, &mut draw);
    }
    let mut addresses = std::collections::HashSet::new();
    let mut numbers = std::collections::HashMap::new();
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count {
        let estate = draw.of(&estates);
        let listing = unit(estate, &mut draw, today);
        let address =
            (listing.estate_en.clone(), listing.block_en.clone(), listing.floor, listing.unit.clone());
        if !addresses.insert(address) {
            continue;
        }
        let number = numbers.entry(estate.code.clone()).or_insert(0);
        *number += 1;
        let listing = Listing { reference: format!("{}-{number:04}", estate.code), ..listing };
        let private = owner(&listing, &mut draw);
        rows.push((listing, private));
    }
    rows
}

/// The base as a canonical CSV, as head office would upload it.
pub fn to_csv(rows: &[(Listing, PrivateFacts)]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heading = COLUMNS.iter().chain(OPTIONAL_COLUMNS).chain(PRIVATE_COLUMNS);
    writer.write_record(heading).expect("a vector takes everything");
    for (listing, private) in rows {
        let text = |value: rusqlite::types::Value| match value {
            rusqlite::types::Value::Text(t) => t,
            rusqlite::types::Value::Integer(n) => n.to_string(),
            _ => String::new(),
        };
        let bottom = private.bottom_price_hkd.to_sql();
        let private = [
            private.owner_name.clone(),
            private.owner_phone.clone(),
            text(bottom),
            private.negotiation_note.clone(),
        ];
        let cells = listing.to_sql().into_iter().map(text).chain(private);
        writer.write_record(cells).expect("a vector takes everything");
    }
    String::from_utf8(writer.into_inner().expect("a vector takes everything")).expect("CSV of text is text")
}

#[derive(Clone)]
struct Estate {
    code: String,
    cells: std::collections::HashMap<String, String>,
}

impl Estate {
    fn text(&self, column: &str) -> String {
        self.cells[column].clone()
    }
    fn number(&self, column: &str) -> Option<i64> {
        self.cells[column].parse().ok()
    }
}

fn estates() -> Vec<Estate> {
    let mut reader = csv::Reader::from_reader(ESTATES.as_bytes());
    reader
        .deserialize::<std::collections::HashMap<String, String>>()
        .map(|row| row.expect("estates.csv is well formed"))
        .map(|cells| Estate { code: cells["code"].clone(), cells })
        .collect()
}

/// Parts of invented names, each "Chinese|English".
#[derive(serde::Deserialize)]
struct EstateNames {
    first: Vec<String>,
    second: Vec<String>,
    last: Vec<String>,
}

/// Adds estates of invented names until there are `count`; what they are is drawn from the real ones.
fn invent_estates(estates: &mut Vec<Estate>, count: usize, draw: &mut Draw) {
    let names: EstateNames = toml::from_str(ESTATE_NAMES).expect("estate_names.toml is well formed");
    let real = estates.clone();
    let mut known: std::collections::HashSet<String> = real.iter().map(|e| e.text("estate_en")).collect();
    let most = names.first.len() * names.second.len() * names.last.len();
    while estates.len() < count.min(most / 2) {
        let mut part = |list: &[String]| -> (String, String) {
            let (zh, en) = draw.of(list).split_once('|').expect("a part has two names");
            (zh.into(), en.into())
        };
        let (a, b, c) = (part(&names.first), part(&names.second), part(&names.last));
        let (zh, en) = (format!("{}{}{}", a.0, b.0, c.0), format!("{} {} {}", a.1, b.1, c.1));
        if !known.insert(en.clone()) {
            continue;
        }
        let mut estate = draw.of(&real).clone();
        // XAAA, XAAB …: no real estate's code begins so.
        let letter = |n: usize| char::from(b'A' + (estates.len() / n % 26) as u8);
        estate.code = format!("X{}{}{}", letter(676), letter(26), letter(1));
        estate.cells.insert("estate_zh".into(), zh);
        estate.cells.insert("estate_en".into(), en);
        estates.push(estate);
    }
}

/// Name of a block in both languages; both empty where the estate is one block.
fn block(estate: &Estate, draw: &mut Draw) -> (String, String) {
    let blocks = estate.text("blocks");
    match estate.cells["block_style"].as_str() {
        "single" => (String::new(), String::new()),
        "named" => {
            let names: Vec<&str> = blocks.split(';').collect();
            let (zh, en) = draw.of(&names).split_once('|').expect("a named block has two names");
            (zh.into(), en.into())
        }
        style => {
            let n = draw.between(1, blocks.parse().expect("a number of blocks"));
            (format!("{n}座"), format!("{} {n}", if style == "tower" { "Tower" } else { "Block" }))
        }
    }
}

fn unit(estate: &Estate, draw: &mut Draw, today: Date) -> Listing {
    let (block_zh, block_en) = block(estate, draw);
    let floors = estate.number("floors").expect("a number of floors");
    let floor = draw.between(1, floors);
    let floor_band = match floor * 3 / (floors + 1) {
        0 => FloorBand::Low,
        1 => FloorBand::Middle,
        _ => FloorBand::High,
    };
    let flat = draw.between(0, estate.number("flats").expect("a number of flats") - 1);
    let bedrooms = *draw.of(&[0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4]);
    let saleable = [250, 360, 500, 700, 1050][bedrooms as usize] + draw.between(-45, 120) + bedrooms * 8;
    let deal = *draw.of(&[Deal::Sale, Deal::Sale, Deal::Sale, Deal::Rent, Deal::Rent, Deal::Both]);
    let psf = estate.number("psf").expect("a price level") * draw.between(88, 114) / 100;
    let price = (saleable * psf + 5_000) / 10_000 * 10_000;
    let rent = (price * 28 / 12_000 + 250) / 500 * 500;
    let (orientation_zh, orientation_en) = *draw.of(ORIENTATIONS);
    let (view_zh, view_en) = *draw.of(VIEWS);
    let (decoration_zh, decoration_en) = *draw.of(DECORATIONS);
    let (agent_zh, agent_en, licence) = *draw.of(AGENTS);
    let kept: Vec<_> =
        FACILITIES.iter().filter(|f| estate.cells["facilities"].split(';').any(|k| k == f.0)).collect();
    let join = |pick: fn(&(&str, &str, &str)) -> String, by: &str| {
        kept.iter().map(|f| pick(f)).collect::<Vec<_>>().join(by)
    };
    let yes_no = |yes| if yes { YesNo::Yes } else { YesNo::No };
    let parking =
        *draw.of(&[Parking::None, Parking::None, Parking::None, Parking::Optional, Parking::Included]);
    let tenanted = deal == Deal::Sale && draw.chance(15);
    let sold_before = draw.chance(60);
    let mut valuation = || {
        (deal != Deal::Rent && draw.chance(60)).then(|| price * draw.between(93, 104) / 100 / 10_000 * 10_000)
    };
    let [hsbc, hangseng, bochk, sc, bea] = [valuation(), valuation(), valuation(), valuation(), valuation()];
    let listed_on = today - draw.between(4, 110).days();
    let face = if floor_band == FloorBand::High { "高層" } else { floor_band.as_str() };
    let rooms_en = if bedrooms == 0 { "studio".into() } else { format!("{bedrooms}-bedroom") };
    Listing {
        reference: String::new(),
        terms: Terms::default(),
        pictures: Pictures::default(),
        status: *draw.of(&[[Status::Available; 9].as_slice(), &[Status::UnderOffer, Status::Sold]].concat()),
        deal,
        region_zh: estate.text("region_zh"),
        region_en: estate.text("region_en"),
        district_zh: estate.text("district_zh"),
        district_en: estate.text("district_en"),
        estate_zh: estate.text("estate_zh"),
        estate_en: estate.text("estate_en"),
        block_zh,
        block_en,
        floor,
        floor_band,
        unit: char::from(b'A' + flat as u8).to_string(),
        saleable_area_sqft: saleable,
        gross_area_sqft: draw.chance(85).then_some(saleable * 128 / 100),
        bedrooms,
        living_rooms: Some(if bedrooms > 1 { 2 } else { bedrooms }),
        ensuites: Some(if bedrooms > 2 { 1 } else { 0 }),
        bathrooms: Some(if bedrooms > 2 { 2 } else { 1 }),
        helper_room: yes_no(bedrooms > 3 || (bedrooms == 3 && draw.chance(25))),
        storeroom: yes_no(draw.chance(20)),
        balcony: yes_no(estate.number("year") > Some(2001) && draw.chance(60)),
        terrace_sqft: None,
        rooftop_sqft: (floor == floors && draw.chance(40)).then(|| draw.between(200, 500)),
        orientation_zh: orientation_zh.into(),
        orientation_en: orientation_en.into(),
        view_zh: view_zh.into(),
        view_en: view_en.into(),
        year_completed: estate.number("year").expect("a year"),
        decoration_zh: decoration_zh.into(),
        decoration_en: decoration_en.into(),
        furnished: *draw.of(&[Furnished::None, Furnished::Partial, Furnished::Full]),
        pets_allowed: *draw.of(&[Pets::Yes, Pets::No, Pets::Ask]),
        sale_price_hkd: (deal != Deal::Rent).then_some(price),
        monthly_rent_hkd: (deal != Deal::Sale).then_some(rent),
        management_fee_hkd_month: Some(saleable * draw.between(24, 48) / 10),
        rates_hkd_quarter: Some((rent * 3 * 5 / 100 + 37) / 75 * 75),
        parking,
        parking_price_hkd: (parking == Parking::Optional && deal != Deal::Rent)
            .then(|| draw.between(90, 230) * 10_000),
        facilities_zh: join(|f| f.1.into(), "、"),
        facilities_en: join(|f| f.2.into(), "; "),
        school_net_primary: estate.number("net"),
        mtr_zh: estate.text("mtr_zh"),
        mtr_en: estate.text("mtr_en"),
        mtr_walk_minutes: estate.number("walk"),
        premium_status: match estate.cells["premium"].as_str() {
            "unpaid" if draw.chance(30) => Some(Premium::Paid),
            "unpaid" => Some(Premium::Unpaid),
            _ => None,
        },
        tenancy: if tenanted { Tenancy::Tenanted } else { Tenancy::Vacant },
        lease_until: tenanted.then(|| today + draw.between(60, 500).days()),
        available_from: Some(today + (draw.between(0, 4) * 14).days()),
        last_transaction_hkd: sold_before.then(|| price * draw.between(60, 95) / 100 / 10_000 * 10_000),
        last_transaction_date: sold_before.then(|| today - draw.between(400, 5200).days()),
        valuation_hsbc_hkd: hsbc,
        valuation_hangseng_hkd: hangseng,
        valuation_bochk_hkd: bochk,
        valuation_sc_hkd: sc,
        valuation_bea_hkd: bea,
        agent_zh: agent_zh.into(),
        agent_en: agent_en.into(),
        agent_licence: licence.into(),
        key_status: *draw.of(&[
            KeyStatus::BranchKey,
            KeyStatus::ManagementOffice,
            KeyStatus::OwnerAppointment,
        ]),
        description_zh: format!("{face}{orientation_zh}向{view_zh}{}", ROOMS_ZH[bedrooms as usize]),
        description_en: format!("{orientation_en}-facing {rooms_en} flat with {view_en} view"),
        listed_on: Some(listed_on),
        updated_at: (listed_on + draw.between(0, 100).days()).min(today),
    }
}

fn owner(listing: &Listing, draw: &mut Draw) -> PrivateFacts {
    let asked = if listing.deal == Deal::Rent { listing.monthly_rent_hkd } else { listing.sale_price_hkd };
    let step = if listing.deal == Deal::Rent { 100 } else { 10_000 };
    PrivateFacts {
        owner_name: format!("{}{}", draw.of(SURNAMES), draw.of(TITLES)),
        owner_phone: format!("5000{:04}", draw.between(0, 9999)),
        bottom_price_hkd: asked.map(|p| p * draw.between(90, 98) / 100 / step * step),
        negotiation_note: (*draw.of(NOTES)).into(),
    }
}
