//! A PostgreSQL server of the test's own: Debian's binaries, a folder that goes with the process, TLS with an authority
//! made here, a database for each test. Where PostgreSQL is not installed, tests on it say so and skip.

use branchbox::headoffice::store::Address;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The server of this test process.
pub struct Server {
    port: u16,
    authority: PathBuf,
    bin: PathBuf,
    _watcher: Child,
}

/// Starts as the given user, runs until its input ends, which is when the test process does, however it ends.
const WATCHER: &str = r#"
"$1/postgres" -D "$2/data" -p "$3" -k "$2" -c listen_addresses=127.0.0.1 -c ssl=on -c ssl_cert_file="$2/server.pem" \
  -c ssl_key_file="$2/server.key" -c fsync="$4" -c max_connections=200 >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT $server
wait $server
rm -rf "$2"
"#;

/// The server of this process; `None`, with a sentence, where PostgreSQL is not installed.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(false)).as_ref()
}

impl Server {
    fn start(durable: bool) -> Option<Self> {
        let Some(bin) = binaries() else {
            println!("skipped on PostgreSQL: it is not installed (apt: postgresql)");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("branchbox-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let authority = certificates(&folder);
        let port = free_port();
        give_to_postgres(&folder);
        let made = as_postgres(&bin.join("initdb"))
            .args(["--auth=trust", "--username=branchbox", "--encoding=UTF8", "--no-sync", "--pgdata"])
            .arg(folder.join("data"))
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let watcher = as_postgres(Path::new("sh"))
            .args(["-c", WATCHER, "sh"])
            .arg(&bin)
            .arg(&folder)
            .arg(port.to_string())
            .arg(if durable { "on" } else { "off" })
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let server = Self { port, authority, bin, _watcher: watcher };
        let up = (0..300).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            server.tool("pg_isready").output().unwrap().status.success()
        });
        assert!(
            up,
            "PostgreSQL did not start: {}",
            std::fs::read_to_string(folder.join("log")).unwrap_or_default()
        );
        Some(server)
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "branchbox"]);
        command
    }

    /// A database that nobody else has.
    pub fn database(&self) -> Address {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let made = self.tool("createdb").arg(&name).output().unwrap();
        assert!(made.status.success(), "createdb: {}", String::from_utf8_lossy(&made.stderr));
        Address {
            url: format!("postgres://branchbox@127.0.0.1:{}/{name}?sslmode=require", self.port),
            password_file: None,
            authority: Some(self.authority.clone()),
        }
    }
}

/// The newest server binaries that Debian's packages have put here.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|v| v.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// PostgreSQL refuses to run as root: then as the user that its package made.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command.current_dir("/");
    command
}

fn give_to_postgres(folder: &Path) {
    if is_root() {
        let done = Command::new("chown").args(["-R", "postgres:postgres"]).arg(folder).status().unwrap();
        assert!(done.success());
    }
}

/// An authority and a certificate for 127.0.0.1.
fn certificates(folder: &Path) -> PathBuf {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(params, key).unwrap();
    let own = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&own, &authority).unwrap();
    std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    let path = folder.join("server.key");
    std::fs::write(&path, own.serialize_pem()).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let path = folder.join("authority.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    path
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).unwrap().port()
}
