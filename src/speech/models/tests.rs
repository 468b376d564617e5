//! Installing, choosing and checking model files.

use super::*;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/estate-test-q5_0.bin")
}

#[test]
fn the_manifest_is_in_order() {
    let manifest = Manifest::built_in();
    for model in &manifest.models {
        assert!(is_name(&model.name), "{}", model.name);
        let hash = model.sha256.as_deref().unwrap_or_else(|| panic!("{} has no hash", model.name));
        assert!(
            hash.len() == 64 && hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')),
            "{}",
            model.name
        );
        let speaks = model.kind == Kind::Speech;
        assert_eq!(model.languages.is_empty(), !speaks, "{}", model.name);
        assert!(!model.licence.is_empty() && model.bytes > 500_000);
        let file = if speaks { format!("ggml-{}.bin", model.name) } else { ".bin".into() };
        assert!(model.url.as_deref().is_none_or(|u| u.starts_with("https://") && u.ends_with(&file)));
    }
}

#[test]
fn the_test_model_goes_in_under_its_own_name_and_is_genuine() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = Manifest::built_in();
    let put = Installation::add(folder.path(), &fixture(), None, &manifest).unwrap();
    assert_eq!((put.name.as_str(), put.vouched), ("estate-test", true));
    let all = installed(folder.path(), &manifest).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(verify(&all[0], &manifest).unwrap(), Verdict::Genuine);

    let mut bytes = std::fs::read(&all[0].path).unwrap();
    bytes[5_000_000] ^= 1;
    std::fs::write(&all[0].path, &bytes).unwrap();
    assert!(matches!(verify(&all[0], &manifest).unwrap(), Verdict::Wrong { .. }));

    // a damaged copy is refused and leaves the old one and nothing aside
    let copy = folder.path().join("copy");
    std::fs::write(&copy, &bytes).unwrap();
    let refused = Installation::add(folder.path(), &copy, None, &manifest).unwrap_err();
    assert!(refused.to_string().contains("is not the model estate-test"), "{refused}");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn what_is_no_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = Manifest::built_in();
    let page = folder.path().join("page.html");
    std::fs::write(&page, "<!doctype html>Please sign in").unwrap();
    let refused = Installation::add(folder.path(), &page, None, &manifest).unwrap_err().to_string();
    assert!(refused.contains("is not a whisper.cpp model"), "{refused}");
    let name = Installation::add(folder.path(), &page, Some("../up"), &manifest).unwrap_err().to_string();
    assert!(name.contains("cannot be a model's name"), "{name}");
}

#[test]
fn the_best_is_chosen_and_a_wanted_one_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = Manifest::built_in();
    assert_eq!(choose(folder.path(), &manifest, None).unwrap(), None);
    for name in ["estate-test", "my-cantonese", "small"] {
        std::fs::write(folder.path().join(format!("{name}.bin")), b"lmgg").unwrap();
    }
    std::fs::write(folder.path().join("base.77.part"), b"lmgg").unwrap();
    let order: Vec<String> =
        installed(folder.path(), &manifest).unwrap().into_iter().map(|m| m.name).collect();
    assert_eq!(order, ["small", "my-cantonese", "estate-test"]);
    let wanted = |name| choose(folder.path(), &manifest, name).unwrap().map(|m| m.name);
    assert_eq!(wanted(None).as_deref(), Some("small"));
    assert_eq!(wanted(Some("estate-test")).as_deref(), Some("estate-test"));
    assert_eq!(wanted(Some("large-v3-turbo")), None);
}

/// Serves one answer over plain HTTP on this machine.
fn serve(body: Vec<u8>) -> String {
    use std::io::Write;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(&body);
    });
    format!("http://{address}/ggml-tiny.bin")
}

#[tokio::test]
async fn a_fetched_model_is_checked_before_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let body = std::fs::read(fixture()).unwrap();
    let known =
        |url| KnownModel { url: Some(url), ..Manifest::built_in().get("estate-test").unwrap().clone() };
    let mut heard = 0;
    let put = fetch(folder.path(), &known(serve(body.clone())), |bytes| heard = bytes).await.unwrap();
    assert!(put.vouched && put.path.exists());
    assert_eq!(heard, body.len() as u64);

    std::fs::remove_file(&put.path).unwrap();
    let mut changed = body.clone();
    changed[100_000] ^= 1;
    let refused = fetch(folder.path(), &known(serve(changed)), |_| {}).await.unwrap_err().to_string();
    assert!(refused.contains("its sha256 is"), "{refused}");
    let short = fetch(folder.path(), &known(serve(body[..1_000].to_vec())), |_| {}).await.unwrap_err();
    assert!(short.to_string().contains("has 1000 bytes"), "{short}");
    assert!(!put.path.exists());

    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody =
        fetch(folder.path(), &known(format!("http://{dead}/x")), |_| {}).await.unwrap_err().to_string();
    assert!(nobody.contains("cannot fetch") && nobody.contains("branchbox model add FILE"), "{nobody}");
}
