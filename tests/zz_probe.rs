use branchbox::assistant::*;
use branchbox::language::Gazetteer;
#[test]
fn probe() {
    let rows: Vec<_> = branchbox::demo::listings::generate(2000, 7, jiff::civil::date(2026, 11, 22))
        .into_iter()
        .map(|r| r.0)
        .collect();
    let t = std::time::Instant::now();
    let g = Gazetteer::new(&rows);
    println!("build {:?}", t.elapsed());
    let qs = [
        "想搵太故城兩房，預算一千萬以內，要海景同高層，近地鐵",
        "Do you have any two bedroom flats in Tikoo Shing under 10 million with a sea view and near the MTR please",
        "富豪軒有冇兩房",
        "太古城3座18樓H室管理費幾錢",
    ];
    for q in qs {
        let t = std::time::Instant::now();
        for _ in 0..200 {
            std::hint::black_box(g.find(q));
        }
        println!("{:?} {q}", t.elapsed() / 200);
    }
    let a = Assistant::new(rows, "t".into());
    for q in [
        "富豪軒有冇兩房",
        "anything in Foobar Court?",
        "any flats in foobar court",
        "沙田麗豪軒有冇盤",
        "寶湖豪庭有冇兩房",
        "麗X花園有冇三房",
        "太城有冇盤",
        "想睇新翠豪園",
        "I want a flat in Sunny Heights",
        "康怡園有冇盤",
        "荃灣細單位有冇",
        "九龍灣 德福 兩房",
        "Laguna Plaza flats for rent",
        "溱岸八號兩房",
        "譽港灣三房",
        "K City 2 bed",
        "TST 2 bedroom for rent",
        "沙田第一層樓有冇",
    ] {
        let r = a.ask(&mut Session::default(), q, None, jiff::civil::date(2026, 11, 22));
        println!(
            "{q} -> {:?} {} | {}",
            r.kind,
            r.text.chars().take(40).collect::<String>(),
            r.understood.query
        );
    }
}
