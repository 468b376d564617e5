//! The measurement of transcription compares like with like: both sides of `branchbox bench speech` write about as many
//! words, and as many as real speech has, with random weights; and its JSON is what was agreed.

use std::process::Command;

#[test]
fn both_sides_write_about_as_much_and_the_report_has_its_fields() {
    let done = Command::new(env!("CARGO_BIN_EXE_branchbox"))
        .args(["bench", "speech", "--json", "--model", "tiny", "--minutes", "1", "--no-kiosk"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let tiny = &report["models"][0];
    println!("{tiny:#}");
    let figure = |name: &str| tiny[name].as_f64().unwrap_or_else(|| panic!("there is no {name}"));
    assert_eq!((tiny["model"].as_str(), figure("audio_s")), (Some("tiny"), 60.0));
    let ratio = figure("ours_cpu_s") / figure("plain_cpu_s");
    assert!((ratio - figure("ratio")).abs() < 0.02, "{ratio}");
    for side in ["ours_words", "plain_words"] {
        let pace = figure(side) / figure("speech_s");
        assert!((2.0..6.0).contains(&pace), "{side}: {pace:.1} a second of speech");
    }
}
